// Contestants across data sets: standings, who beats whom, and what the tests say.
function acrossView(overall) {
  const n = overall.datasets.length;
  return [
    h("h1", {tabindex: -1}, "Across data sets"),
    h("p", {class: "muted"}, `${plural(n, "data set")}, each of which weighs the same · a row is ${/^[aeiou]/.test(overall.unit) ? "an" : "a"} ${overall.unit}`),
    noteList(overall.lines.map((text) => ["note", text]), 12),
    overall.standings.length > 0 && [
      h("section", null, h("h2", null, "Standings"), standingsTable(overall)),
      overall.test && h("section", null, h("h2", null, "Critical difference"), h("figure", {class: "wideplot"},
        scroll("Critical-difference diagram", rankDiagram(overall.standings, overall.test)),
        h("figcaption", null, "Mean ranks, 1 the best. A bar joins contestants that Nemenyi's test at 0.05 does not tell apart."))),
      h("section", null, h("h2", null, "Who beats whom"), beatsTable(overall)),
    ],
  ];
}

function standingsTable(overall) {
  const names = ["mean rank", "win rate", "Elo"], fields = ["mean_rank", "win_rate", "elo"], digits = [2, 2, 0];
  const extents = fields.map((field) => extent(overall.standings.map((each) => each[field])));
  const body = h("tbody");
  const rows = overall.standings.map((each) => ({
    keys: [each.name, ...fields.map((field) => each[field][0]), ...each.ranks.map((rank, i) => (known(each.qualities[i]) ? rank : null))],
    element: h("tr", null, h("th", {scope: "row", class: nameClass(each.name)}, each.name),
      fields.map((field, i) => scoreCell(each[field], digits[i], extents[i])),
      each.ranks.map((rank, i) => h("td", {class: "number"}, readable(rank),
        !known(each.qualities[i]) && h("span", {class: "muted"}, " no result")))),
  }));
  body.append(...rows.map((row) => row.element));
  const columns = [{title: overall.unit}, {title: names[0], numeric: true}, ...names.slice(1).map((title) =>
    ({title, numeric: true, best: "most"})), ...overall.datasets.map((title) => ({title, numeric: true}))];
  const text = overall.resampled ? `In brackets 95 % of what resampling ${overall.resampled} gives; a data set's column has ranks there.`
    : "A data set's column has ranks there.";
  return scroll("Standings", h("table", {class: "wide"}, caption(text), sortableHead(columns, rows, (sorted) => body.append(...sorted.map((row) => row.element))), body));
}

function beatsTable(overall) {
  const names = overall.standings.map((each) => each.name);
  return scroll("Who beats whom", h("table", {class: "matrix"},
    caption("Share of games that the row won against the column: a game is a seed of a data set, ties count half."),
    h("thead", null, h("tr", null, h("td"), names.map((name) => h("th", {scope: "col", class: nameClass(name)}, name)))),
    h("tbody", null, overall.beats.map((shares, i) => h("tr", null, h("th", {scope: "row", class: nameClass(names[i])}, names[i]),
      shares.map((share, j) => (i === j ? h("td", {class: "muted"}, "–") : shadedCell(share))))))));
}

// Blue where the row wins more, orange where it loses more; the number says the same.
function shadedCell(share) {
  const cell = h("td", null, fixed(share, 2)), strength = Math.round(90 * Math.abs(share - 0.5));
  cell.style.background = `color-mix(in srgb, var(${share > 0.5 ? "--accent" : "--other"}) ${strength}%, transparent)`;
  return cell;
}
