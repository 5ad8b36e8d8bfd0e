/** uPlot, which draws; fetched when there is first something to draw. */

const SCRIPT = "/page/vendor/uplot/uPlot.iife.min.js";
const STYLE = "/page/vendor/uplot/uPlot.min.css";
/** The policy of the page lets no script in by a mere text: this one it does. */
const POLICY = globalThis.trustedTypes?.createPolicy("spool-uplot", {
  createScriptURL: () => SCRIPT,
});
let loading = null;

/** The constructor. Throws where it cannot be fetched; then it may be asked for again. */
export function uplot() {
  loading ??= Promise.all([added(style()), added(script())]).then(
    () => globalThis.uPlot,
    (error) => ((loading = null), Promise.reject(error)),
  );
  return loading;
}

function script() {
  const element = document.createElement("script");
  element.src = POLICY ? POLICY.createScriptURL("") : SCRIPT;
  return element;
}

function style() {
  return Object.assign(document.createElement("link"), { rel: "stylesheet", href: STYLE });
}

function added(element) {
  return new Promise((resolve, reject) => {
    element.addEventListener("load", resolve);
    element.addEventListener("error", () => reject(new Error("the plots could not be fetched")));
    document.head.append(element);
  });
}
