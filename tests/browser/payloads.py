"""What strangers write where a page might take it for its own: each would run, were it markup."""

from tests.browser.visits import STOLEN

RUN = f"console.log('{STOLEN}')"
#: In a name of a file, `/` would be a folder: a payload has none, or is no name.
PAYLOADS = (
    f"<script>{RUN}</script>",
    f"</script><script>{RUN}</script>",
    f"</title></textarea></style><script>{RUN}</script>",
    f"<img src=x onerror={RUN}>",
    f'"><img src=x onerror="{RUN}">',
    f"'><svg onload={RUN}>",
    f'" autofocus onfocus="{RUN}" x="',
    f"' onmouseover='{RUN}' style='position:fixed;inset:0' x='",
    f"<svg><script>{RUN}</script></svg>",
    f"<svg><animate onbegin={RUN} attributeName=x dur=1s>",
    f"<math><mtext><table><mglyph><style><img src=x onerror={RUN}>",
    f"<template><script>{RUN}</script></template><details open ontoggle={RUN}>",
    f'<iframe srcdoc="<script>parent.{RUN}</script>"></iframe>',
    f'<iframe src="javascript:parent.{RUN}"></iframe>',
    f"javascript:{RUN}//",
    f"data:text/html,<script>{RUN}</script>",
    f"&lt;img src=x onerror={RUN}&gt;",
    f"&#60;script&#62;{RUN}&#60;/script&#62;",
    f"\u202e<script>{RUN}</script>\u202c\u2066<b onclick={RUN}>\u2069",
    f"<base href=https://e.example/><link rel=stylesheet href=//e.example/x.css><a onclick={RUN}>",
    f"${{{RUN}}}{{{{constructor.constructor(`{RUN}`)()}}}}",
    f'<a href="jav&Tab;ascript:{RUN}">x</a><form action=javascript:{RUN}><button>x</button></form>',
)

#: They stand beside those in transcripts, errors, descriptions, labels and texts.
MORE = (
    # elements that run by themselves
    f"<ScRiPt>{RUN}</sCrIpT>",
    f"<script type=module>{RUN}</script>",
    f"<<script>{RUN}//<</script>",
    f'<script src="data:text/javascript,{RUN}"></script>',
    f"<body onload={RUN}>",
    f"<body onpageshow={RUN}>",
    f"<input autofocus onfocus={RUN}>",
    f"<select autofocus onfocus={RUN}>",
    f"<video src=x onerror={RUN}>",
    f"<video><source onerror={RUN}></video>",
    f"<audio src onloadstart={RUN}>",
    f'<object data="data:text/html,<script>parent.{RUN}</script>">',
    f'<embed src="javascript:{RUN}">',
    f'<iframe src="data:text/html,<script>parent.{RUN}</script>">',
    f"<marquee onstart={RUN}>x</marquee>",
    f'<link rel=stylesheet href="data:text/css,*" onload={RUN}>',
    f'<meta http-equiv=refresh content="0;url=javascript:{RUN}">',
    '<meta http-equiv=refresh content="0;url=https://e.example/">',
    f'<style>@keyframes x</style><b style="animation:x 1s" onanimationstart="{RUN}">',
    f"<p popover id=x onbeforetoggle={RUN}><button popovertarget=x autofocus>x</button>",
    # drawings and formulas
    f'<svg><use href="data:image/svg+xml,<svg id=x onload={RUN}>#x"/></svg>',
    f"<svg><set attributeName=onmouseover to={RUN}>",
    f'<svg><a xlink:href="javascript:{RUN}"><text y=9>x</text></a></svg>',
    f"<svg><style><img src=x onerror={RUN}></style></svg>",
    f'<math href="javascript:{RUN}">x</math>',
    # ends of what it may stand in
    f'<noscript><p title="</noscript><img src=x onerror={RUN}>">',
    f'<xmp><p title="</xmp><img src=x onerror={RUN}>">',
    f"--><img src=x onerror={RUN}><!--",
    f"]]><img src=x onerror={RUN}>",
    f'";{RUN};//',
    f"\\';{RUN};//",
    f"`-{RUN}-`",
    # other spellings, and what turns text into markup
    f"\\u003cimg src=x onerror={RUN}\\u003e",
    f"%3Cimg src=x onerror={RUN}%3E",
    f"\uff1cscript\uff1e{RUN}\uff1c/script\uff1e",
    f"[x](javascript:{RUN})",
    f'![x](x" onerror="{RUN})',
    f'<a id=location name=body href="JaVaScRiPt:{RUN}">x</a>',
)

#: A picture to those who draw, a document with script to those who open it.
SVG = f"""<?xml version="1.0"?>
<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"
  width="10" height="10" onload="{RUN}">
  <script>{RUN}</script>
  <a xlink:href="javascript:{RUN}"><rect width="10" height="10"/></a>
  <foreignObject>
    <iframe xmlns="http://www.w3.org/1999/xhtml" srcdoc="&lt;script&gt;{RUN}&lt;/script&gt;"/>
  </foreignObject>
</svg>
"""

#: The same as a page.
PAGE = f"""<!DOCTYPE html>
<title>A page</title>
<script>{RUN}; document.title = "{STOLEN}"</script>
<img src="x" onerror="{RUN}">
"""
