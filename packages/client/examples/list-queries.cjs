// Prints the name of every saved query: the client from CommonJS.
//   node packages/client/examples/list-queries.cjs [credentials file]
const { readFileSync } = require('node:fs');
const { signIn } = require('@loupe/client');

async function main(file = '.loupe/credentials.json') {
  const { api_url: url, email, password } = JSON.parse(readFileSync(file, 'utf8'));
  const loupe = await signIn({ url, email, password });
  const params = { query: { sort: 'name', limit: 2 } };
  for await (const query of loupe.items('/queries', { params })) process.stdout.write(`${query.name}\n`);
}

void main(process.argv[2]);
