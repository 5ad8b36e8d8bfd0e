/** Media in, and the jobs that come of them. */

import { h, notice, told } from "/page/dom.js";
import { sent } from "/page/drop.js";
import { addresses, chosen } from "/page/gather.js";
import { Queue } from "/page/queue.js";
import { statusOf } from "/page/queue_filters.js";
import { unless } from "/page/session.js";
import { uploadsList } from "/page/uploads_list.js";

export const title = "Add media";

export function show(main, { parameters, signal }) {
  const queue = new Queue(statusOf(parameters.get("status")), signal);
  main.append(h("h1", {}, "Add media"), adding(), ...uploadsList(signal), queue.element);
}

function adding() {
  const shut = unless("ingest");
  const words = h("p", { class: "lead" }, "Drop audio, video, pictures or texts anywhere on this page");
  return h("section", { class: "card add", "aria-label": "Add media" },
    words,
    h("p", { class: "row choose" }, chooser("Choose files", {}, shut), chooser("Choose a folder", { webkitdirectory: true }, shut)),
    link(shut),
    shut && h("p", { class: "warn small" }, shut),
    options());
}

/** Made once somebody looks at them: what was chosen before counts all the same. */
function options() {
  const box = h("details", {}, h("summary", {}, "Options"));
  let made = null;
  const make = async () => box.append((await import("/page/options.js")).options());
  const open = () => {
    // what failed is tried again when they are opened again
    made ??= make().catch((error) => {
      made = null;
      throw error;
    });
    return made;
  };
  box.addEventListener("toggle", () => box.open && told(open));
  return box;
}

/** A button, and behind it what only browsers can: let files be chosen. */
function chooser(words, more, shut) {
  const input = h("input", { type: "file", multiple: true, hidden: true, "aria-label": words, ...more });
  input.addEventListener("change", () => {
    const files = [...input.files];
    input.value = "";
    told(() => sent([more.webkitdirectory ? chosen(files) : { files, left: 0 }]));
  });
  const quiet = more.webkitdirectory && "quiet";
  return [h("button", { type: "button", class: quiet, disabled: Boolean(shut), title: shut, onclick: () => input.click() }, words), input];
}

async function sending(links) {
  const { send } = await import("/page/links.js");
  return send(links);
}

/** Several addresses may be pasted; those that are refused stay. */
function link(shut) {
  const box = h("input", {
    type: "text", name: "url", inputmode: "url", autocomplete: "off", spellcheck: "false",
    placeholder: "https://…", "aria-label": "Address of a medium", disabled: Boolean(shut),
  });
  const add = h("button", { class: "quiet", disabled: Boolean(shut) }, "Add address");
  const form = h("form", { class: "row link" }, h("span", { class: "dim" }, "or"), box, add);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const links = addresses(box.value);
    if (!links.length) return notice("An address begins with http:// or https://", { bad: true });
    add.disabled = true;
    box.value = ((await told(() => sending(links))) ?? links).join(" ");
    add.disabled = false;
  });
  return form;
}
