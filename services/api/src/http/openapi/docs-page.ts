import { dirname } from 'node:path';
import express, { type RequestHandler, type Router } from 'express';

const assets = dirname(require.resolve('swagger-ui-dist/package.json'));
const served = ['swagger-ui.css', 'swagger-ui-bundle.js', 'favicon-32x32.png'];

/** Relative addresses, so that it works behind a proxy that puts something before them. */
const PAGE = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <title>Loupe API</title>
    <link rel="stylesheet" href="docs/swagger-ui.css">
    <link rel="icon" type="image/png" href="docs/favicon-32x32.png">
  </head>
  <body>
    <div id="page"></div>
    <script src="docs/swagger-ui-bundle.js"></script>
    <script src="docs/start.js"></script>
  </body>
</html>
`;

/** The outside validator would send the document to its maker; tokens live as long as the page. */
const START = `SwaggerUIBundle({
  url: 'openapi.json',
  dom_id: '#page',
  deepLinking: true,
  validatorUrl: null,
  persistAuthorization: false,
});
`;

/** Like that of other answers, but for the styles that Swagger UI writes into elements; and nothing from elsewhere. */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const withOwnPolicy: RequestHandler = (_req, res, next) => {
  res.set('Content-Security-Policy', contentSecurityPolicy);
  next();
};

/** A page to read the API's document on, and to try it out. All it needs comes from here. */
export function docsPage(): Router {
  const router = express.Router({ caseSensitive: true, strict: true });
  router.get('/docs', withOwnPolicy, (_req, res) => void res.type('html').send(PAGE));
  router.get('/docs/start.js', withOwnPolicy, (_req, res) => void res.type('js').send(START));
  for (const file of served) {
    router.get(`/docs/${file}`, withOwnPolicy, (_req, res) => {
      res.sendFile(file, { root: assets, cacheControl: false, lastModified: false, etag: false });
    });
  }
  return router;
}
