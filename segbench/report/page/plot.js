// A plane with two axes. `x` and `y` are {from, to, label}; below a line there is a lane for what has
// no `y`, if it is `laned`. On a phone it is narrower, so that its text is as large.
const WIDTH = matchMedia("(max-width: 40rem)").matches ? 360 : 440;
const HEIGHT = 300, RIGHT = 14, TOP = 12, BOTTOM = 44, LANE = 32;

function plane(x, y, label, laned = false) {
  const across = padded(x), up = padded(y), heights = ticks(...up, y.whole);
  const bottom = HEIGHT - BOTTOM, floor = laned ? bottom - LANE : bottom;
  const LEFT = 28 + Math.max(24, ...[...heights.map(readable), ...(laned ? ["none"] : [])].map((text) => textWidth(text, 12)));
  const px = (v) => LEFT + (v - across[0]) / (across[1] - across[0]) * (WIDTH - LEFT - RIGHT);
  const py = (v) => (known(v) ? floor - (v - up[0]) / (up[1] - up[0]) * (floor - TOP) : bottom - LANE / 2);
  const svg = s("svg", {viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "group", "aria-label": label});
  const marks = s("g", {"aria-hidden": "true"});
  for (const t of ticks(...across, x.whole)) {
    marks.append(s("line", {class: "grid", x1: px(t), x2: px(t), y1: TOP, y2: bottom}),
      s("text", {x: px(t), y: bottom + 16, "text-anchor": "middle"}, readable(t)));
  }
  for (const t of heights) {
    marks.append(s("line", {class: "grid", x1: LEFT, x2: WIDTH - RIGHT, y1: py(t), y2: py(t)}),
      s("text", {x: LEFT - 6, y: py(t) + 4, "text-anchor": "end"}, readable(t)));
  }
  if (laned) {
    marks.append(s("line", {class: "grid", x1: LEFT, x2: WIDTH - RIGHT, y1: floor, y2: floor}),
      s("text", {x: LEFT - 6, y: bottom - LANE / 2 + 4, "text-anchor": "end"}, "none"));
  }
  marks.append(s("path", {class: "axis", d: `M${LEFT},${TOP}V${bottom}H${WIDTH - RIGHT}`}),
    s("text", {x: (LEFT + WIDTH - RIGHT) / 2, y: HEIGHT - 8, "text-anchor": "middle"}, x.label),
    s("text", {x: 0, y: 0, "text-anchor": "middle",
      transform: `translate(13,${(TOP + bottom) / 2}) rotate(-90)`}, y.label));
  svg.append(marks);
  return {svg, px, py};
}

function padded({from, to}) {
  const gap = to - from || Math.abs(to) * 0.1 || 1;
  return [from - 0.06 * gap, to + 0.06 * gap];
}

// Round numbers, some five of them.
function ticks(from, to, whole) {
  const rough = (to - from) / 5, power = 10 ** Math.floor(Math.log10(rough));
  let step = [1, 2, 5, 10].find((each) => each * power >= rough) * power;
  if (whole) step = Math.max(1, Math.round(step));
  const first = Math.ceil(from / step), last = Math.floor(to / step);
  return Array.from({length: Math.max(0, last - first + 1)}, (_, i) => Number(((first + i) * step).toPrecision(12)));
}

const polyline = (points) => `M${points.map(([x, y]) => `${x.toFixed(1)},${y.toFixed(1)}`).join("L")}`;
const diamond = (x, y, r) => s("path", {d: `M${x},${y - r}L${x + r},${y}L${x},${y + r}L${x - r},${y}Z`});
const cross = (x, y, r) => s("path", {d: `M${x - r},${y - r}L${x + r},${y + r}M${x - r},${y + r}L${x + r},${y - r}`});
const triangle = (x, y, r) => s("path", {d: `M${x},${y - r}L${x + r},${y + r}L${x - r},${y + r}Z`});
const circle = (x, y, r) => s("circle", {cx: x, cy: y, r});
const classed = (element, name) => { element.setAttribute("class", name); return element; };

// A label beside the point that is under the pointer or has the focus. A finger has no place to rest:
// its first tap shows the label, and only the second follows the link.
function tips(figure) {
  const tip = h("div", {class: "tip", hidden: true, "aria-hidden": "true"});
  figure.append(tip);
  let touched = false, shownFor = null;
  const hide = () => { tip.hidden = true; };
  figure.addEventListener("pointerdown", (event) => { touched = event.pointerType === "touch"; });
  figure.addEventListener("keydown", (event) => { if (event.key === "Escape") hide(); });
  return (element, text) => {
    const show = () => {
      tip.textContent = text;
      tip.hidden = false;
      const box = element.getBoundingClientRect(), frame = figure.getBoundingClientRect();
      const left = box.left - frame.left + box.width + 6;
      tip.style.left = `${Math.max(0, Math.min(left, frame.width - tip.offsetWidth))}px`;
      tip.style.top = `${box.top - frame.top + box.height + 6}px`;
    };
    for (const name of ["mouseenter", "focus"]) element.addEventListener(name, show);
    for (const name of ["mouseleave", "blur"]) element.addEventListener(name, hide);
    element.addEventListener("click", (event) => {
      if (!touched || shownFor === element) return;
      event.preventDefault();
      shownFor = element;
      show();
    });
  };
}

// One stop of the tab key for all points; the arrow keys go from one to the next that is not filtered
// away. What is returned moves the stop when the filter has changed.
function rove(points) {
  const away = (point) => point.classList.contains("away");
  const stop = (at) => points.forEach((point, i) => point.setAttribute("tabindex", i === at ? 0 : -1));
  points.forEach((point, at) => {
    point.addEventListener("keydown", (event) => {
      const step = {ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1}[event.key];
      if (!step) return;
      event.preventDefault();
      let next = at;
      do next = (next + step + points.length) % points.length; while (next !== at && away(points[next]));
      stop(next);
      points[next].focus();
    });
  });
  stop(0);
  return () => stop(Math.max(0, points.findIndex((point) => !away(point))));
}

const legend = (...entries) => h("ul", {class: "legend"}, entries.map(([shape, text]) =>
  h("li", null, s("svg", {viewBox: "0 0 14 14", "aria-hidden": "true"}, shape), text)));
