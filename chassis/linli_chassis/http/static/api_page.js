// Shows the OpenAPI document that the page names.
SwaggerUIBundle({
  url: document.getElementById("api").dataset.document,
  dom_id: "#api",
  validatorUrl: "none", // else it asks a server elsewhere
  deepLinking: true,
  docExpansion: "list",
  defaultModelsExpandDepth: 0,
});
