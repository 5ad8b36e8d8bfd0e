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
    const kept = new Set(things.map(this.name));
    const next = this.list.contains(focused) && this.after(focused, kept);
    this.drop(kept);
    let at = this.list.firstElementChild;
    for (const thing of things) {
      const element = this.row(thing);
      if (element === at) at = at.nextElementSibling;
      else this.list.insertBefore(element, at);
    }
    const lost = focused !== document.activeElement && this.list.contains(focused);
    if (lost) focused.focus({ preventScroll: true });
    else if (next) next.focus({ preventScroll: true });
  }

  /** What takes the focus of a row that goes: the next that stays, the one before, or the heading. */
  after(focused, kept) {
    const staying = [...this.rows].filter(([name]) => kept.has(name)).map(([, { element }]) => element);
    const stays = (each) => staying.includes(each);
    const all = [...this.list.children];
    const place = all.findIndex((each) => each.contains(focused));
    if (stays(all[place])) return null;
    const row = all.slice(place).find(stays) ?? all.slice(0, place).findLast(stays);
    return row?.querySelector("a[href], button") ?? heading(this.list);
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

function heading(list) {
  const found = list.closest("section")?.querySelector("h1, h2");
  found?.setAttribute("tabindex", "-1");
  return found;
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
