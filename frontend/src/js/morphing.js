// A morph copies attributes, but what someone opened, ticked or typed lives in properties. Open popovers stay open;
// controls take the state that the server answered with, except the one being typed in and
// the boxes of rows, which the server does not know. What was loaded after the page
// (data-kept) stays as long as it would be the same, which its id says.

function isOpenState(element, name) {
  if (name === "aria-expanded") return element.hasAttribute("data-filters-toggle");
  return name === "open" && (element.tagName === "DETAILS" || element.tagName === "DIALOG");
}

function takeControlState(oldNode, newNode) {
  if (!(oldNode instanceof HTMLInputElement) || oldNode === document.activeElement) return;
  if (oldNode.matches("[data-tick]")) oldNode.checked &&= newNode.id === oldNode.id;
  else if (oldNode.type === "checkbox" || oldNode.type === "radio") oldNode.checked = newNode.hasAttribute("checked");
  else oldNode.value = newNode.getAttribute("value") ?? "";
}

function isKept(oldNode, newNode) {
  return newNode instanceof Element && newNode.hasAttribute("data-kept") && newNode.id === oldNode.id;
}

/** @param {typeof import("htmx.org").default} htmx */
export function registerMorphing(htmx) {
  htmx.registerExtension("board-morphing", {
    htmx_before_morph_attr: (element, detail) => !isOpenState(element, detail.attrName),
    htmx_before_morph_node: (element, detail) => {
      takeControlState(detail.oldNode, detail.newNode);
      return !isKept(detail.oldNode, detail.newNode);
    },
  });
}
