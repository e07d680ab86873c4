// Makes a fresh or outdated checkout ready: packages, a Node.js that is new enough, the build. It runs before
// `npm start` and `npm test` on whatever Node.js the user has, so it uses nothing but what Node.js 20 brings.
import { build } from './bootstrap/build.mjs';
import { fail, sentenceFor } from './bootstrap/failure.mjs';
import { installPackages } from './bootstrap/install.mjs';
import { withLock } from './bootstrap/lock.mjs';
import { findNode, refuseOldNode } from './bootstrap/node-version.mjs';
import { step } from './bootstrap/progress.mjs';

async function bootstrap() {
  refuseOldNode();
  await withLock(async () => {
    await step('packages', installPackages);
    await findNode();
    await step('build', build);
  });
}

bootstrap().catch((error) => fail(sentenceFor(error)));
