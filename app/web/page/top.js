/** What stands at the top of every page: the search box. */

/** Enter goes to the view of what is found; `/` jumps into the box. */
export function top() {
  const form = document.querySelector(".find");
  const box = form.elements.q;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    location.assign(`/#/search?${new URLSearchParams({ q: box.value })}`);
  });
  addEventListener("keydown", (event) => {
    if (event.key !== "/" || typing(event.target)) return;
    event.preventDefault();
    box.focus();
  });
}

function typing(element) {
  return element.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(element.tagName);
}
