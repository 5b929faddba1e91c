// A command to be copied. A page on a disk may have no clipboard: then the text is selected.
function commandLine(text) {
  const code = h("code", {tabindex: 0}, text);
  const button = h("button", {class: "plain", type: "button", onclick: () => copy(text, code, button)}, "Copy");
  button.setAttribute("aria-label", `Copy: ${text}`);
  return h("div", {class: "command"}, code, h("span", {"aria-live": "polite"}, button));
}

async function copy(text, code, button) {
  let done = false;
  try {
    await navigator.clipboard.writeText(text);
    done = true;
  } catch {
    getSelection().selectAllChildren(code);
    done = document.execCommand("copy");
  }
  button.textContent = done ? "Copied" : "Selected";
  setTimeout(() => { button.textContent = "Copy"; }, 2000);
}
