// The page of a result: who its segments are, how it was tuned, every score, how to get it again.
const LEVELS = ["stability_ari", "stability_ami", "stability_ecs", "stability_vi", "segment_jaccard_min",
  "customer_consistency", "prediction_strength", "generalisation_ari", "assignment_fidelity"];
const OUTCOMES = /^(ari|ami|nmi|vi|ecs|fmi|v_measure|homogeneity|completeness|purity|future_.*|eta2.*|target_.*)$/;

function resultView(key) {
  const result = payload.results[key], board = payload.boards[result.board], line = board.lines[result.line];
  return [
    h("p", {class: "muted"}, h("a", {href: boardAt(board)}, `← ${board.dataset}`)),
    h("h1", {tabindex: -1}, `${result.features} · ${result.algorithm}`),
    h("p", {class: "muted"}, `${board.dataset} · seed ${result.seed} · sweep ${result.sweep} · result ${key.slice(0, 8)}`),
    h("p", null, h("span", {class: "badge"}, standing(result, board)), " ", result.why),
    h("ul", {class: "notes"}, warningsOf(result).map((text) => h("li", {class: "warning"}, h("span", {class: "warning"}, text)))),
    facts(result),
    otherSeeds(key, line),
    h("section", null, h("h2", null, "Segments"), segmentTable(result)),
    h("section", null, h("h2", null, "Tuning"), trialPlots(result)),
    h("section", null, h("h2", null, "Scores"), scoreTables(result)),
    h("div", {class: "columns"},
      h("section", null, h("h2", null, "Parameters"), pairs(result.params)),
      h("section", null, h("h2", null, "Shortlist"), shortlist(result)),
      h("section", null, h("h2", null, "Stands on"), pairs(standsOn(key, result))),
      h("section", null, h("h2", null, "Made with"), pairs(payload.versions[result.versions] || {}))),
    h("section", null, h("h2", null, "Commands"), commands(key, result)),
  ];
}

function standing(result, board) {
  if (result.rank) return payload.open ? `rank ${result.rank}` : `rank ${result.rank} of ${board.ranked}`;
  return result.baseline ? `baseline, ${result.status}` : result.status;
}

function warningsOf(result) {
  const spaces = result.reversed.map((space) => `the order is another in the ${space} space`);
  return result.below ? [...spaces, `not better than the baseline ${result.below}`] : spaces;
}

function facts(result) {
  const {segments: parts, scores, dataset} = result, n = dataset.rows;
  const entries = [["quality", scoreText(scores.quality, 3)], ["stability", scoreText(scores.stability_ari, 2)]];
  if (parts) {
    entries.push(["segments", String(parts.k)]);
    if (known(parts.smallest_share)) entries.push(["sizes", `${percent(parts.smallest_share)}–${percent(parts.largest_share)}`]);
    entries.push(["without a segment", n ? percent(parts.noise / n, 1) : String(parts.noise)]);
  }
  if (known(n)) entries.push(["customers", readable(n)]);
  if (known(result.seconds.total)) entries.push(["time", seconds(result.seconds.total)]);
  if (known(result.peak)) entries.push(["peak memory", `${readable(result.peak)} MB`]);
  return h("dl", {class: "facts"}, entries.filter(([, text]) => text).map(([name, text]) =>
    h("div", null, h("dt", null, name), h("dd", null, text))));
}

function otherSeeds(key, line) {
  if (line.results.length < 2) return null;
  return h("p", null, "Seeds of this line: ", line.results.map((other, at) => {
    const seed = String(payload.results[other].seed);
    return [at ? ", " : "", other === key ? h("strong", {"aria-current": "page"}, seed) : h("a", {href: resultAt(other)}, seed)];
  }));
}

function segmentTable(result) {
  const {profile} = result;
  if (!profile || profile.error) {
    return h("p", {class: "muted"}, profile?.error || "There is no profile of segments.");
  }
  const recovery = new Map(result.recovery.map((each) => [String(each[0]), each.slice(1)]));
  const rows = profile.rows.map(([name, ...texts]) => h("tr", null, h("th", {scope: "row"}, name),
    texts.map((text, i) => h("td", {class: "number"}, text,
      name === "share" && h("span", {class: "share", "aria-hidden": "true", "--at": percent(profile.shares[i], 1)})))));
  const at = profile.rows.findIndex(([name]) => name === "share");
  if (recovery.size) {
    rows.splice(at + 1, 0, h("tr", null, h("th", {scope: "row"}, "recovery"), profile.segments.map((segment) =>
      recovery.has(segment) ? scoreCell(recovery.get(segment), 2, [0, 1]) : h("td"))));
  }
  const names = profile.names && profile.names.map((name, i) => h("li", null,
    `${profile.segments[i] === "-1" ? "noise" : profile.segments[i]}: ${name || "–"}`));
  return [
    names && (names.length <= 12 ? h("ul", {class: "notes"}, names)
      : h("details", null, h("summary", null, `What the ${names.length} segments are called`), h("ul", {class: "notes"}, names))),
    scroll("Segments", h("table", null,
      caption("Medians and modes of the attributes. Recovery: mean Jaccard similarity with the segment's partner in refits."),
      h("thead", null, h("tr", null, h("th", {scope: "col"}, "segment"), profile.segments.map((segment) =>
        h("th", {scope: "col", class: "number"}, segment === "-1" ? "noise" : segment)))),
      h("tbody", null, rows))),
  ];
}

function scoreTables(result) {
  const groups = {"Quality and indices": [], Stability: [], Outcomes: [], "Other spaces": []};
  for (const [name, score] of Object.entries(result.scores)) {
    const group = name.includes("@") ? "Other spaces" : LEVELS.includes(name) || name.startsWith("stability_") ? "Stability"
      : OUTCOMES.test(name) ? "Outcomes" : "Quality and indices";
    groups[group].push([name, score]);
  }
  const filled = Object.entries(groups).filter(([, scores]) => scores.length);
  if (!filled.length) return h("p", {class: "muted"}, "There are no scores.");
  return h("div", {class: "flow"}, filled.map(([title, scores]) => scroll(title, h("table", null,
    caption(title === "Quality and indices" && result.space ? `${title}, in the ${result.space} space` : title),
    h("thead", null, h("tr", null, ["score", "value", "95 %", ""].map((name, i) =>
      h(name ? "th" : "td", {scope: name ? "col" : null, class: i === 1 ? "number" : null}, name)))),
    h("tbody", null, scores.map(([name, score]) => h("tr", null, h("th", {scope: "row"}, name),
      h("td", {class: "number"}, known(score[0]) ? scored(score[0]) : "undefined"),
      h("td", {class: "number"}, between(score[1], score[2], scored)), h("td", {class: known(score[3]) ? "muted status" : null}, [score[4], score[3]].filter(Boolean).join(": ")))))))));
}

function pairs(entries) {
  const list = Object.entries(entries).filter(([, value]) => known(value) && value !== "");
  if (!list.length) return h("p", {class: "muted"}, "None.");
  return h("dl", {class: "pairs"}, list.map(([name, value]) => [h("dt", null, name),
    h("dd", null, typeof value === "object" ? JSON.stringify(value) : readable(value))]));
}

function shortlist(result) {
  const {rule, shortlist: entries = []} = result.choice || {};
  if (!entries.length) return h("p", {class: "muted"}, "None.");
  const params = [...new Set(entries.flatMap((each) => Object.keys(each.params)))];
  const scores = [...new Set(entries.flatMap((each) => Object.keys(each.scores)))];
  return scroll("Shortlist", h("table", null, caption(`By the rule ${rule}, the best first.`),
    h("thead", null, h("tr", null, [...params, "k", ...scores].map((name) => h("th", {scope: "col", class: "number"}, name)))),
    h("tbody", null, entries.map((each) => h("tr", null, [...params.map((name) => each.params[name]), each.k,
      ...scores.map((name) => each.scores[name])].map((value) => h("td", {class: "number"}, readable(value))))))));
}

function standsOn(key, result) {
  const {dataset, stability, structure, assignment, counts, seconds: taken, regret} = result;
  const customers = stability.customers;
  return {
    key, setup: result.setup, "data sha256": dataset.sha256, terms: dataset.terms,
    "tuned on": result.objectives.join(", "),
    trials: counts.planned && `${counts.planned} planned, ${counts.complete} complete, ${counts.pruned} pruned, ${counts.failed} failed`,
    refits: stability.replicates && `${stability.replicates} by ${stability.scheme}`,
    "unsure customers": customers && percent(customers.unsure, 1),
    "p without segments": structure && structure.p,
    "rule for new customers": assignment && assignment.rule,
    "regret (ARI)": regret && regret.lost,
    "time tuning": known(taken.tuning) ? seconds(taken.tuning) : null,
    "time to assign one customer": known(taken.assign_one) ? seconds(taken.assign_one) : null,
    "time to assign a thousand": known(taken.assign_thousand) ? seconds(taken.assign_thousand) : null,
  };
}

function commands(key, result) {
  const where = payload.where === "results" ? "" : ` --results ${quoted(payload.where)}`;
  const short = shortKey(key);
  return [
    h("h3", null, "Compute it again"),
    result.command ? commandLine(result.command) : h("p", {class: "muted"}, "It is not known what was asked for."),
    result.assigns && [h("h3", null, "Give new customers a segment"),
      commandLine(`segbench assign ${short} new_customers.csv --out segments.csv${where}`)],
    h("h3", null, "This page as a file of its own"), commandLine(`segbench report ${short} --out ${short}.html${where}`),
  ];
}

const quoted = (text) => (/^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'"'"'`)}'`);

// As much of a key as tells it from the others, eight letters at least.
function shortKey(key) {
  for (let n = 8; n < key.length; n += 1) {
    if (Object.keys(payload.results).filter((each) => each.startsWith(key.slice(0, n))).length === 1) return key.slice(0, n);
  }
  return quoted(key);
}
