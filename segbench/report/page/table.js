// Sorting keeps the order of equals. What has no value stands last in both directions.
function compare(a, b, direction) {
  if (!known(a) || !known(b)) return known(b) - known(a);
  const order = typeof a === "number" && typeof b === "number" ? a - b
    : String(a).localeCompare(String(b), "en", {numeric: true});
  return direction * order;
}

// A head whose buttons sort `rows` by their `keys` and hand them to `place`; `columns` are {title,
// numeric, best}, and the rows are in the order of the one that is `sorted`.
function sortableHead(columns, rows, place) {
  const heads = columns.map((column, at) => {
    if (!column.title) return h("td");
    const button = h("button", {type: "button", onclick: () => sort(at)}, column.title);
    return h("th", {scope: "col", class: column.numeric ? "number" : null, "aria-sort": column.sorted ? "ascending" : null}, button);
  });
  function sort(at) {
    const before = heads[at].getAttribute("aria-sort");
    const first = columns[at].best === "most" ? "descending" : "ascending";
    const order = before !== first ? first : first === "ascending" ? "descending" : "ascending";
    for (const head of heads) head.removeAttribute("aria-sort");
    heads[at].setAttribute("aria-sort", order);
    const direction = order === "ascending" ? 1 : -1;
    place([...rows].sort((a, b) => compare(a.keys[at], b.keys[at], direction)));
  }
  return h("thead", null, h("tr", null, heads));
}

// A score as text and as a drawing: its interval and its place between `from` and `to`.
function scoreCell(score, digits, [from, to], counted = true) {
  if (!score) return h("td");
  if (!known(score[0])) return h("td", {class: "score"}, "undefined");
  const [value, low, high] = score, certain = known(high);
  const text = [fixed(value, digits), certain && [" ", h("span", {class: "range"}, range(score, digits))]];
  if (!counted) return h("td", {class: "score"}, text);
  const place = (v) => Math.min(1, Math.max(0, (to > from ? (v - from) / (to - from) : 0.5)));
  const left = place(low ?? (certain ? from : value)), width = place(high ?? value) - left;
  return h("td", {class: "score drawn", "--at": percent(place(value), 1), "--width": percent(width, 1),
    "--low": percent(width < 1 ? left / (1 - width) : 0, 1)}, text);  // as backgrounds are placed
}

// From the least to the greatest of all values and ends.
function extent(scores) {
  const all = scores.flat().filter(known);
  return [all.reduce((a, b) => Math.min(a, b), Infinity), all.reduce((a, b) => Math.max(a, b), -Infinity)];
}
