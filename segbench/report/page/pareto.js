// Quality against stability; the size is the time. The front: nothing ranked is better in both.
function paretoPlot(lines) {
  const drawn = lines.filter((line) => line.counted && known(line.quality?.[0]) && known(line.stability?.[0]));
  const left = lines.length - drawn.length;
  const figure = h("figure", {class: "pareto"});
  if (!drawn.length) {
    figure.append(h("figcaption", null, "No line has both a quality and a stability to be drawn."));
    return {figure, links: new Map(), filtered: () => {}};
  }
  const front = frontOf(drawn.filter((line) => line.rank));
  const told = new Set(drawn.length < 40 ? drawn : front);  // of a crowd only the front
  const [x, y] = ["quality", "stability"].map((name) => {
    const [from, to] = extent(drawn.map((line) => (told.has(line) ? line[name] : [line[name][0]])));
    return {from, to, label: name};
  });
  const {svg, px, py} = plane(x, y, "Stability against quality: every point is a line of the table");
  const slowest = Math.max(...drawn.map((line) => line.seconds), 1e-9);
  const tip = tips(figure), links = new Map(), radius = (line) => Math.max(4, 12 * Math.sqrt(line.seconds / slowest));
  const labels = rankLabels(drawn.filter((line) => told.has(line) && line.rank), px, py, radius);
  const order = [...drawn].sort((a, b) => b.quality[0] - a.quality[0]);
  for (const line of order) {
    const [cx, cy] = [px(line.quality[0]), py(line.stability[0])];
    const r = radius(line);
    const shape = classed(line.baseline ? diamond(cx, cy, r) : circle(cx, cy, r),
      `point ${line.baseline ? "baseline" : front.includes(line) ? "onfront" : ""}`);
    const text = `${line.name}\n${line.rank ? `rank ${line.rank}` : "baseline"}, quality ${said(line.quality, 3)}`
      + `\nstability ${said(line.stability, 2)}\n${readable(line.seconds)} s`;
    const bars = told.has(line) ? errorBars(line, px, py) : [];
    const link = s("a", {href: resultAt(line.typical), "aria-label": text.replaceAll("\n", ", ")}, bars, shape);
    tip(link, text);
    links.set(line, link);
  }
  const steps = front.map((line) => [px(line.quality[0]), py(line.stability[0])]);
  const d = steps.map(([a, b], i) => (i ? `H${a.toFixed(1)}V${b.toFixed(1)}` : `M${a.toFixed(1)},${b.toFixed(1)}`));
  if (steps.length > 1) svg.append(s("path", {class: "front", d: d.join("")}));
  const biggest = [...order].sort((a, b) => b.seconds - a.seconds);
  svg.append(...biggest.map((line) => links.get(line)), ...labels);  // the small ones above the big ones
  const filtered = rove(order.map((line) => links.get(line)));
  figure.append(svg, legend(
    [classed(circle(7, 7, 5), "point onfront"), "on the front"], [classed(circle(7, 7, 5), "point"), "ranked"],
    [classed(diamond(7, 7, 6), "point baseline"), "baseline"], [s("path", {class: "error", d: "M0,7H14"}), "interval"]),
  h("figcaption", null, `Numbers are ranks. The area of a point is its time: the greatest is ${readable(Math.round(slowest))} s, `
    + "the smallest stands for a ninth of it or less. Arrow keys go from point to point.",
    left ? ` Not drawn: ${plural(left, "line")} without both scores.` : ""));
  return {figure, links, filtered};
}

// Ranks above their points. Those of points that lie on each other stand together, so that they can be read.
function rankLabels(lines, px, py, radius) {
  const groups = [];
  for (const line of lines) {
    const at = {rank: line.rank, x: px(line.quality[0]), y: py(line.stability[0]), r: radius(line)};
    const near = groups.find((group) => group.some(({x, y}) => Math.hypot(x - at.x, y - at.y) < 28));
    near ? near.push(at) : groups.push([at]);
  }
  return groups.map((group) => {
    const [left, right] = extent([group.map(({x}) => x)]), ranks = group.map(({rank}) => rank);
    return s("text", {class: "name rank", "aria-hidden": "true", "text-anchor": "middle", x: (left + right) / 2,
      y: Math.min(...group.map(({y, r}) => y - r)) - 4}, ranks.join(", "));
  });
}

const said = (score, digits) => `${fixed(score[0], digits)} ${range(score, digits)}`.trim();

function frontOf(lines) {
  const sorted = [...lines].sort((a, b) => b.quality[0] - a.quality[0] || b.stability[0] - a.stability[0]);
  let best = -Infinity;
  return sorted.filter((line) => line.stability[0] > best && ((best = line.stability[0]), true));
}

function errorBars(line, px, py) {
  const {quality: q, stability: t} = line, bars = [];
  if (known(q[2])) bars.push([px(q[1] ?? q[0]), py(t[0]), px(q[2]), py(t[0])]);
  if (known(t[2])) bars.push([px(q[0]), py(t[1] ?? t[0]), px(q[0]), py(t[2])]);
  return bars.map(([x1, y1, x2, y2]) => s("line", {class: "error", x1, y1, x2, y2}));
}
