/** A list of rows that stay the elements they are: only what moves is moved, and keeps the focus. */

export class Rows {
  /** @param {(thing: any) => {element: Element, update: (thing: any) => void}} make */
  constructor(list, name, make) {
    Object.assign(this, { list, name, make });
    this.rows = new Map();
  }

  /** `things` in this order, and no others. Those that are the very objects they were stay as they are. */
  show(things) {
    const focused = document.activeElement;
    this.drop(new Set(things.map(this.name)));
    let at = this.list.firstElementChild;
    for (const thing of things) {
      const element = this.row(thing);
      if (element === at) at = at.nextElementSibling;
      else this.list.insertBefore(element, at);
    }
    const lost = focused !== document.activeElement && this.list.contains(focused);
    if (lost) focused.focus({ preventScroll: true });
  }

  has(thing) {
    return this.rows.has(this.name(thing));
  }

  update(thing) {
    const row = this.rows.get(this.name(thing));
    row.update(thing);
    row.thing = thing;
  }

  /** The things whose rows are on the screen. */
  seen() {
    const named = new Map([...this.rows.values()].map(({ element, thing }) => [element, thing]));
    return onScreen(this.list.children).map((element) => named.get(element));
  }

  row(thing) {
    const row = this.rows.get(this.name(thing));
    if (row && row.thing !== thing) this.update(thing);
    if (row) return row.element;
    const made = { ...this.make(thing), thing };
    this.rows.set(this.name(thing), made);
    return made.element;
  }

  drop(kept) {
    for (const [name, { element }] of this.rows) {
      if (kept.has(name)) continue;
      element.remove();
      this.rows.delete(name);
    }
  }
}

/** Of elements that stand below one another; few of them are measured. */
function onScreen(elements) {
  const box = (place) => elements[place].getBoundingClientRect();
  let [first, last] = [0, elements.length];
  while (first < last) {
    const middle = (first + last) >> 1;
    if (box(middle).bottom > 0) last = middle;
    else first = middle + 1;
  }
  while (last < elements.length && box(last).top < innerHeight) last += 1;
  return [...elements].slice(first, last);
}
