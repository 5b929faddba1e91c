// How tuning went: each objective over the trials with the best so far, and the two together.
const MARKS = {complete: circle, pruned: triangle, failed: cross, "beyond a guard": diamond};
const stateName = (state) => (payload.states[state] === "pruned" ? "refits ended early" : payload.states[state]);

function trialMark(state, x, y, r = 4) {
  const name = payload.states[state];
  return classed(MARKS[name](x, y, r), `mark ${name.split(" ")[0]}`);
}

function trialPlots(result) {
  const {trials, objectives} = result;
  if (!trials || trials.error || !trials.number.length) {
    return h("p", {class: "muted"}, trials?.error || "There is no record of trials.");
  }
  const states = [...new Set(trials.states)].sort();
  const plots = objectives.map((name, at) => overTrials(result, name, trials.objectives[at], trials.falling[at] ? -1 : 1));
  if (objectives.length > 1) plots.push(together(result));
  return [
    legend(...states.map((state) => [trialMark(state, 7, 7), stateName(state)]),
      [classed(circle(7, 7, 5.5), "ring"), "chosen"], [s("path", {class: "best", d: "M0,10H7V4H14"}), "best so far within the guards"]),
    h("div", {class: "plots"}, plots), trialTable(result),
  ];
}

function overTrials({trials}, name, values, sign) {
  const [from, to] = extent([values]);
  const title = `${name} of each trial`;
  if (!Number.isFinite(from)) return h("figure", null, h("figcaption", null, `No trial has a value of ${name}.`));
  const last = Math.max(...trials.number);
  const x = {from: 0, to: last, label: "trial", whole: true};
  const {svg, px, py} = plane(x, {from, to, label: name}, title, !values.every(known));
  const best = [];
  values.forEach((value, i) => {
    if (trials.states[i] || !known(value)) return;
    const so = best.length ? best.at(-1)[1] : -sign * Infinity;
    if (sign * value > sign * so) {
      if (best.length) best.push([trials.number[i], so]);
      best.push([trials.number[i], value]);
    }
  });
  if (best.length) {
    best.push([last, best.at(-1)[1]]);
    svg.append(s("path", {class: "best", d: polyline(best.map(([a, b]) => [px(a), py(b)]))}));
  }
  return figureOf(svg, title, trials, (i) => [px(trials.number[i]), py(values[i])]);
}

function together({trials, objectives}) {
  const [a, b] = trials.objectives;
  const both = trials.number.map((_, i) => i).filter((i) => known(a[i]) && known(b[i]));
  const title = `${objectives[1]} against ${objectives[0]}`;
  if (!both.length) return h("figure", null, h("figcaption", null, `No trial has both objectives.`));
  const [x, y] = [a, b].map((values, at) => {
    const [from, to] = extent([both.map((i) => values[i])]);
    return {from, to, label: objectives[at]};
  });
  const {svg, px, py} = plane(x, y, title);
  return figureOf(svg, title, trials, (i) => (known(a[i]) && known(b[i]) ? [px(a[i]), py(b[i])] : null));
}

function figureOf(svg, title, trials, place) {
  const figure = h("figure", null, svg, h("figcaption", null, title));
  svg.setAttribute("role", "img");
  const tip = tips(figure);
  trials.number.forEach((number, i) => {
    const at = place(i);
    if (!at) return;
    const mark = trialMark(trials.states[i], ...at);
    tip(mark, trialText(trials, i));
    svg.append(mark);
    if (i === trials.chosen) svg.append(classed(circle(...at, 7.5), "ring"));
  });
  return figure;
}

function trialText(trials, i) {
  const params = Object.entries(trials.params).filter(([, values]) => known(values[i]));
  return [`trial ${trials.number[i]}: ${stateName(trials.states[i])}`, trials.why[i],
    ...params.map(([name, values]) => `${name} = ${readable(values[i])}`)].filter(Boolean).join("\n");
}

// The same for those who do not see the plots; built when it is opened.
function trialTable({trials, objectives}) {
  const details = h("details", null, h("summary", null, "Trials as a table"));
  details.addEventListener("toggle", () => {
    if (details.children.length > 1) return;
    const params = Object.keys(trials.params);
    const head = ["trial", "state", ...objectives, "k", ...params, ...(trials.why.length ? ["why"] : [])];
    const rows = trials.number.map((number, i) => [number,
      stateName(trials.states[i]) + (i === trials.chosen ? ", chosen" : ""),
      ...trials.objectives.map((values) => (known(values[i]) ? String(values[i]) : "–")), trials.k[i],
      ...params.map((name) => trials.params[name][i]), ...(trials.why.length ? [trials.why[i]] : [])]);
    details.append(scroll("Trials", h("table", null,
      h("thead", null, h("tr", null, head.map((name) => h("th", {scope: "col"}, name)))),
      h("tbody", null, rows.map((row) => h("tr", null, row.map((value) => h("td", null, readable(value)))))))));
  });
  return details;
}
