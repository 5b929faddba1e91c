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
// What lies in the middle is rounded to even, as in Python: else another digit stood in the terminal.
function fixed(value, digits) {
  const [whole, fraction] = value.toFixed(digits + 60).split("."), kept = fraction.slice(0, digits);
  const middle = /^50*$/.test(fraction.slice(digits)), even = Number((kept || whole).at(-1)) % 2 === 0;
  const text = middle && even ? `${whole}${kept && `.${kept}`}` : value.toFixed(digits);
  return /^-0\.?0*$/.test(text) ? text.slice(1) : text;
}
// As a person reads it: four digits, or all of a greater number's, with its thousands told apart.
const readable = (value) => {
  if (typeof value !== "number") return known(value) ? String(value) : "–";
  if (Number.isInteger(value) || Math.abs(value) >= 1e4) return thousands(value);
  return String(Number(value.toPrecision(4)));
};
// Of a score: four digits behind the point, none of a great one, and some of a small one.
const scored = (value) => (Math.abs(value) >= 1000 ? thousands(value)
  : value !== 0 && Math.abs(value) < 0.001 ? String(Number(value.toPrecision(3))) : fixed(value, 4));
const percent = (value, digits = 0) => `${fixed(100 * value, digits)}%`;
const between = (low, high, text) => (known(high) ? `[${known(low) ? text(low) : "none"}, ${text(high)}]` : "");
const range = ([, low, high], digits) => between(low, high, (value) => fixed(value, digits));
const plural = (n, noun) => `${thousands(n)} ${noun}${n === 1 ? "" : "s"}`;
const seconds = (value) => (value < 1 ? `${fixed(1000 * value, 1)} ms` : `${readable(value)} s`);

// A name of which a word is too long for a column may be broken anywhere.
const nameClass = (name, more = "") => `${more}${/\S{24}/.test(name) ? " unbroken" : ""}`.trim() || null;

const pen = document.createElement("canvas").getContext("2d");
function textWidth(text, size) {
  pen.font = `${size}px ${getComputedStyle(document.body).fontFamily}`;
  return pen.measureText(text).width;
}

const resultAt = (key) => `#/result/${encodeURIComponent(key)}`;
const boardAt = (board) => `#/board/${encodeURIComponent(board.id)}`;
