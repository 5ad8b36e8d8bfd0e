"use strict";

SwaggerUIBundle({
  dom_id: "#docs",
  url: "openapi.json",
  deepLinking: true,
  // else the document is sent to a service on the internet
  validatorUrl: null,
  defaultModelsExpandDepth: 0,
  persistAuthorization: false,
});
