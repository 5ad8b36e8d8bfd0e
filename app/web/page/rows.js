/** A list of rows that stay the elements they are: only what moves is moved, and keeps the focus. */

export class Rows {
  /** @param {(thing: any) => {element: Element, update: (thing: any) => void}} make */
  constructor(list, name, make) {
    Object.assign(this, { list, name, make });
    this.rows = new Map();
  }

  /** `things` in this order, and no others. */
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

  row(thing) {
    const known = this.rows.get(this.name(thing));
    if (known) {
      known.update(thing);
      return known.element;
    }
    const made = this.make(thing);
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
