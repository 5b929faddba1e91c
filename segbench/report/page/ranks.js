// Critical-difference diagram (Demšar 2006): mean ranks on an axis, bars over those not told apart.
function rankDiagram(standings, test) {
  const m = standings.length, half = Math.ceil(m / 2), AXIS = 62, ROW = 22;
  const mean = standings.map((each) => each.mean_rank[0]);
  const names = standings.map((each, i) => `${fixed(mean[i], 2)} · ${cutOff(each.name, 40)}`);
  const SIDE = Math.ceil(Math.max(150, ...names.map((text) => textWidth(text, 13)))) + 24, W = 300 + 2 * SIDE;
  const x = (rank) => SIDE + (rank - 1) / Math.max(m - 1, 1) * (W - 2 * SIDE);
  const below = AXIS + 16 + 12 * test.cliques.length;
  const label = `Critical-difference diagram: ${standings.map((each, i) => `${each.name} ${fixed(mean[i], 2)}`).join(", ")}`;
  const svg = s("svg", {viewBox: `0 0 ${W} ${below + ROW * half + 8}`, role: "img", class: "diagram", "aria-label": label});
  svg.style.minWidth = `${0.9 * W}px`;  // text of eleven pixels at least, where it scrolls
  svg.append(s("path", {class: "axis", d: `M${x(1)},${AXIS}H${x(m)}`}));
  for (let rank = 1; rank <= m; rank += Math.ceil(m / 12)) {
    svg.append(s("path", {class: "axis", d: `M${x(rank)},${AXIS}v-6`}),
      s("text", {x: x(rank), y: AXIS - 11, "text-anchor": "middle"}, String(rank)));
  }
  const cd = Math.min(test.critical_difference, m - 1);
  const cut = cd < test.critical_difference ? " (longer than the axis)" : "";
  svg.append(s("path", {class: "axis", d: `M${x(1)},24v-8M${x(1)},20H${x(1 + cd)}M${x(1 + cd)},24v-8`}),
    s("text", {class: "name", x: x(1) - 8, y: 24, "text-anchor": "end"},
      `CD = ${fixed(test.critical_difference, 2)}${cut}`));
  standings.forEach((each, i) => {
    const first = i < half, row = first ? i : m - 1 - i;
    const y = below + ROW * row + 12, end = first ? SIDE - 12 : W - SIDE + 12;
    svg.append(s("path", {class: "leader", d: `M${x(mean[i])},${AXIS}V${y}H${end}`}), classed(circle(x(mean[i]), AXIS, 3), "dot"),
      s("text", {class: "name", x: first ? end - 5 : end + 5, y: y + 4, "text-anchor": first ? "end" : "start"},
        names[i], s("title", null, each.name)));
  });
  test.cliques.forEach((clique, at) => {
    const ranks = clique.map((i) => mean[i]), y = AXIS + 12 + 12 * at;
    svg.append(s("path", {class: "clique", d: `M${x(Math.min(...ranks)) - 4},${y}H${x(Math.max(...ranks)) + 4}`}));
  });
  return svg;
}

const cutOff = (text, length) => (text.length > length ? `${text.slice(0, length - 1)}…` : text);
