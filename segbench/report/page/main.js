// Which page is shown: what stands behind the # of the address.
const payload = JSON.parse(document.getElementById("payload").textContent);
const view = document.getElementById("view"), tabs = document.getElementById("tabs");
const built = new Map();  // boards keep their filter, their order and their place
let here = null;

const pages = new Map(payload.boards.map((board) => [boardAt(board), {
  title: labelOf(board), build: () => boardView(board),
}]));
if (payload.across) pages.set("#/across", {title: "Across data sets", build: () => acrossView(payload.across)});

// What tells a board from the others of its data set.
function labelOf(board) {
  const same = payload.boards.filter((other) => other.dataset === board.dataset);
  const said = {space: board.space, sha256: `data ${board.sha256.slice(0, 8)}`, terms: `terms ${board.terms.slice(0, 6)}`};
  const differ = Object.keys(said).filter((name) => new Set(same.map((other) => other[name])).size > 1);
  const parts = differ.map((name) => said[name]).filter(Boolean);
  if (same.length > 1 && !parts.length) parts.push(String(same.indexOf(board) + 1));
  return parts.length ? `${board.dataset} (${parts.join(", ")})` : board.dataset;
}

function home() {
  if (payload.open) return resultAt(payload.open);
  return payload.boards.length ? boardAt(payload.boards[0]) : "#/none";
}

function pageAt(address) {
  if (pages.has(address)) return {...pages.get(address), tab: address};
  let key = null;
  try {
    key = address.startsWith("#/result/") ? decodeURIComponent(address.slice(9)) : null;
  } catch { /* no address of this page */ }
  if (key !== null && Object.hasOwn(payload.results, key)) {
    const result = payload.results[key];
    const title = `${result.features} · ${result.algorithm}`;
    return {title, tab: boardAt(payload.boards[result.board]), build: () => resultView(key)};
  }
  return {title: "Not here", tab: null, build: () => [h("h1", {tabindex: -1}, "There is no such page here"),
    h("p", null, "No board and no result of this file is at ", h("code", null, address), "."),
    h("p", null, h("a", {href: home()}, "To the first board"))]};
}

function show() {
  const address = ["", "#", "#/", "#view"].includes(location.hash) ? home() : location.hash;
  if (here) Object.assign(here, {top: scrollY, focus: document.activeElement});
  const page = pageAt(address);
  let kept = built.get(address);
  const again = Boolean(kept);
  if (!kept) {
    kept = {nodes: page.build().flat(3).filter(Boolean), top: 0, focus: null};
    if (pages.has(address)) built.set(address, kept);
  }
  view.replaceChildren(...kept.nodes);
  document.title = `${page.title} · segbench leaderboard`;
  for (const link of tabs.querySelectorAll("a")) {
    link.removeAttribute("aria-current");
    if (link.getAttribute("href") !== page.tab) continue;
    link.setAttribute("aria-current", "page");
    const place = link.getBoundingClientRect(), frame = tabs.getBoundingClientRect();
    // Not by scrollIntoView: the tab key would go on from there, and never come to the skip link.
    if (place.left < frame.left || place.right > frame.right) tabs.scrollLeft += place.left - frame.left;
  }
  if (here) {
    const target = again && view.contains(kept.focus) ? kept.focus : view.querySelector("h1");
    target.focus({preventScroll: true});
    scrollTo(0, again ? kept.top : 0);
  }
  here = kept;
}

tabs.append(...[...pages].map(([address, {title}]) => h("li", null, h("a", {href: address}, title))));
document.getElementById("foot").append(`Written by segbench ${payload.version}. `
  + `${plural(Object.keys(payload.results).length, "result")}; this file needs no network and asks for nothing.`);
document.querySelector(".skip").addEventListener("click", (event) => {
  event.preventDefault();  // the address stays that of the page
  view.focus();
});
addEventListener("beforeprint", () => {
  for (const button of view.querySelectorAll(".all:not([hidden])")) button.click();
});
history.scrollRestoration = "manual";
addEventListener("hashchange", show);
show();
