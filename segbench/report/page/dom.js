// Elements are made of text, never of markup: names and reasons come from other people's data.
const SVG = "http://www.w3.org/2000/svg";

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes || {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name.startsWith("--")) element.style.setProperty(name, value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  for (const child of children.flat(3)) {
    if (known(child) && child !== false && child !== "") element.append(child);
  }
  return element;
}

const h = (tag, attributes, ...children) => fill(document.createElement(tag), attributes, children);
const s = (tag, attributes, ...children) => fill(document.createElementNS(SVG, tag), attributes, children);

// A table or a plot that is wider than a phone scrolls by itself, and by the arrow keys.
const scroll = (label, ...children) =>
  h("div", {class: "scroll", tabindex: 0, role: "region", "aria-label": label}, children);

const thousands = new Intl.NumberFormat("en", {maximumFractionDigits: 0}).format;

// It stays in sight when its table scrolls.
const caption = (text) => h("caption", null, h("span", null, text));

const known = (value) => value !== null && value !== undefined;
const fixed = (value, digits) => {
  const text = value.toFixed(digits);
  return /^-0\.?0*$/.test(text) ? text.slice(1) : text;
};
// As a person reads it: four digits, or all of a greater number's, with its thousands told apart.
const readable = (value) => {
  if (typeof value !== "number") return known(value) ? String(value) : "–";
  if (Number.isInteger(value) || Math.abs(value) >= 1e4) return thousands(value);
  return String(Number(value.toPrecision(4)));
};
// Of a score: four digits behind the point, or none of a great one.
const scored = (value) => (Math.abs(value) < 1000 ? fixed(value, 4) : thousands(value));
const percent = (value, digits = 0) => `${fixed(100 * value, digits)}%`;
const range = ([, low, high], digits) =>
  known(high) ? `[${known(low) ? fixed(low, digits) : "none"}, ${fixed(high, digits)}]` : "";
const plural = (n, noun) => `${thousands(n)} ${noun}${n === 1 ? "" : "s"}`;
const seconds = (value) => (value < 1 ? `${fixed(1000 * value, 1)} ms` : `${readable(value)} s`);

const resultAt = (key) => `#/result/${encodeURIComponent(key)}`;
const boardAt = (board) => `#/board/${encodeURIComponent(board.id)}`;
