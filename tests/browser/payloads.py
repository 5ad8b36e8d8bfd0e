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
