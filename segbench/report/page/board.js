// The board of a data set: what to know, the plot, and a table of lines that can be asked.
const SCORES = {quality: 3, stability: 2, "future η²": 2, ARI: 3, fidelity: 3};  // and their digits
const DRAWN = new Set(["quality", "stability", "future η²", "ARI"]);
const MOST = 250;  // lines that are drawn until all are asked for
const TEXTS = new Set(["features", "algorithm", "tuned on", "choice", "resamples", "sweep"]);

function boardView(board) {
  const lines = board.lines.map((line) => lineOf(board, line));
  const plot = paretoPlot(lines);
  const n = known(board.customers) ? ` · ${plural(board.customers, "customer")}` : "";
  const space = board.space ? ` · ranked by quality in the ${board.space} space` : "";
  return [
    h("h1", {tabindex: -1}, board.dataset),
    h("p", {class: "muted"}, `${plural(lines.length, "line")}${n}${space}`),
    h("div", {class: "overview"},
      h("section", {"aria-label": "What to know"}, noteList([...meetingsOf(board), ...board.notes])),
      h("section", {"aria-label": "Plot"}, plot.figure)),
    ...lineTable(board, lines, plot),
  ];
}

const meetingsOf = (board) => payload.meetings.filter((text) => text.startsWith(`${board.dataset}: `))
  .map((text) => ["warning", text]);

// A line with what the plot and the filter ask of it.
function lineOf(board, line) {
  const at = (title) => line.cells[board.columns.indexOf(title)] ?? null;
  const rows = line.results.map((key) => payload.results[key]);
  const counts = new Map();
  for (const row of rows) counts.set(row.status, (counts.get(row.status) || 0) + 1);
  const status = [...counts].map(([name, count]) => (counts.size > 1 ? `${count} ${name}` : name)).join(", ");
  const why = [...new Set(rows.map((row) => row.why).filter(Boolean))].join("; ");
  const {features, algorithm, seconds: taken} = payload.results[line.typical];
  const text = [features, algorithm, line.name, status, why, line.baseline ? "baseline" : "",
    ...rows.map((row) => row.sweep)].join(" ").toLowerCase();
  return {...line, rows, status, why, text, kinds: new Set(counts.keys()),
    quality: at("quality"), stability: at("stability"), seconds: taken.total || 0};
}

// The first ones and the short ones; the others are there to be opened.
function noteList(notes, most = 8) {
  const long = notes.filter(([kind, text]) => kind === "note" && text.length > 300);
  const first = notes.filter((note) => !long.includes(note));
  const later = [...first.splice(most), ...long];
  const list = (some) => h("ul", {class: "notes"}, some.map(([kind, text]) =>
    h("li", {class: kind}, kind === "warning" ? h("span", {class: "warning"}, text) : text)));
  if (!later.length) return list(first);
  return [list(first), h("details", null, h("summary", null, `${later.length} more`), list(later))];
}

function lineTable(board, lines, {links, filtered}) {
  const columns = [{title: ""}, ...board.columns.map((title) => ({
    title, numeric: !TEXTS.has(title), best: title in SCORES ? "most" : "least", sorted: title === "rank",
  })), {title: "status"}];
  const extents = board.columns.map((title, at) => (title in SCORES
    ? extent(lines.filter((line) => line.counted).map((line) => line.cells[at] || [])) : null));
  const rows = lines.map((line, place) => rowOf(board, line, place, extents));
  const body = h("tbody");
  let order = rows, limit = MOST;
  const count = h("output", {role: "status"});
  const text = h("input", {type: "search", oninput: draw, autocomplete: "off", spellcheck: "false"});
  const status = h("select", {onchange: draw}, statusOptions(lines));
  const more = h("button", {class: "plain all", type: "button", onclick: () => {
    limit = Infinity;
    draw()[MOST].element.querySelector("button").focus();
  }});
  function draw() {
    const words = text.value.toLowerCase().split(/\s+/).filter(Boolean);
    const fits = ({line}) => words.every((word) => line.text.includes(word)) && ofStatus(line, status.value);
    const found = order.filter(fits);
    body.replaceChildren(...found.slice(0, limit).flatMap(elementsOf));
    for (const row of rows) links.get(row.line)?.classList.toggle("away", !fits(row));
    filtered();
    count.textContent = countText(found.length, lines.length);
    more.textContent = `Show all ${plural(found.length, "line")}`;
    more.hidden = found.length <= limit;
    return found;
  }
  draw();
  return [
    h("div", {class: "controls", role: "search"},
      h("label", null, "Filter: features, algorithm, status, sweep", text), h("label", null, "Status", status), count),
    scroll(`Leaderboard of ${board.dataset}`, h("table", {class: "wide lines"},
      caption("A line is a pipeline with an algorithm over its seeds; ▸ shows each seed. A head sorts. Under a score: where "
        + "it and its interval lie between the least and the greatest of the column."),
      sortableHead(columns, rows, (sorted) => { order = sorted; draw(); }), body)),
    more,
  ];
}

const countText = (shown, all) => `${thousands(shown)} of ${plural(all, "line")}`;

function statusOptions(lines) {
  const kinds = [...new Set(lines.flatMap((line) => [...line.kinds]))];
  const names = ["all", "ranked", "baseline", ...kinds];
  return names.map((name) => h("option", {value: name}, name));
}

function ofStatus(line, wanted) {
  return wanted === "all" || (wanted === "ranked" && line.rank) || (wanted === "baseline" && line.baseline)
    || line.kinds.has(wanted);
}

// A row is built when it is first drawn; what it is sorted by is known before.
function rowOf(board, line, place, extents) {
  const keys = board.columns.map((title, at) => sortKey(title, line.cells[at], line, place));
  return {line, board, extents, opened: false, element: null, below: null, keys: [null, ...keys, line.status]};
}

function elementsOf(row) {
  row.element ??= lineElement(row);
  return row.below ? [row.element, row.below] : [row.element];
}

function lineElement(row) {
  const {line, board, extents} = row;
  const cells = board.columns.map((title, at) => {
    const cell = line.cells[at];
    if (title in SCORES && !DRAWN.has(title)) return h("td", {class: "number"}, cell ? scoreText(cell.slice(0, 1), SCORES[title]) : "");
    if (title in SCORES) return scoreCell(cell, SCORES[title], extents[at], line.counted > 0);
    const content = title === "algorithm" ? h("a", {href: resultAt(line.typical)}, cell) : cell;
    if (title === "algorithm") {
      const {features} = payload.results[line.typical];
      return h("th", {scope: "row", class: nameClass(cell), "data-features": features}, content);
    }
    return h("td", {class: title === "features" ? nameClass(cell, "features") : TEXTS.has(title) ? null : "number"}, content);
  });
  const name = `${plural(line.results.length, "result")} of ${line.name}`;
  const button = h("button", {class: "open", type: "button", "aria-expanded": "false", "aria-label": name,
    onclick: () => toggle(row, button, cells.length + 2)}, "▸");
  const kind = line.rank === 1 ? "first" : line.baseline ? "baseline" : line.counted ? "" : "uncounted";
  return h("tr", {class: `line ${kind}`}, h("td", null, button), cells,
    h("td", {class: "status"}, line.status, line.why && h("span", {class: "why", title: line.why}, line.why)));
}

// By the order of the board, by a score, by the number that a text begins with, or by the text.
function sortKey(title, cell, line, place) {
  if (title === "rank") return line.counted ? place : null;
  if (title in SCORES) return line.counted ? cell?.[0] ?? null : null;
  if (TEXTS.has(title)) return cell;
  const number = parseFloat(String(cell).replaceAll(",", ""));
  return Number.isNaN(number) ? null : number;
}

function toggle(row, button, width) {
  row.opened = !row.opened;
  button.setAttribute("aria-expanded", row.opened);
  button.textContent = row.opened ? "▾" : "▸";
  if (!row.below) {
    row.below = h("tr", null, h("td", {colspan: width, class: "within"}, seedTable(row.line)));
    row.element.after(row.below);
  }
  row.below.hidden = !row.opened;
}

function seedTable(line) {
  const heads = ["seed", "result", "status", "quality", "stability", "k", "time", "sweep", "why"];
  return h("table", null, caption(`Results of ${line.name}`),
    h("thead", null, h("tr", null, heads.map((name) => h("th", {scope: "col"}, name)))),
    h("tbody", null, line.rows.map((row, at) => h("tr", null,
      h("td", null, String(row.seed)), h("td", null, h("a", {href: resultAt(line.results[at])}, line.results[at].slice(0, 8))),
      h("td", null, row.status), h("td", null, scoreText(row.scores.quality, 3)),
      h("td", null, scoreText(row.scores.stability_ari, 2)), h("td", null, known(row.segments?.k) ? String(row.segments.k) : ""),
      h("td", null, known(row.seconds.total) ? `${readable(Math.round(row.seconds.total))} s` : ""),
      h("td", null, row.sweep), h("td", {class: "status"}, row.why)))));
}

const scoreText = (score, digits) => (!score ? "" : known(score[0]) ? said(score, digits) : "undefined");
