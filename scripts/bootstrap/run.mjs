import { spawn } from 'node:child_process';
import { delimiter } from 'node:path';
import { binFolder, checkout } from './checkout.mjs';

const running = new Set();

const withPackages = (env) => ({ ...env, PATH: [binFolder, env.PATH].join(delimiter) });

/** Runs a program in the checkout to its end. Resolves with its exit code and all it printed; never rejects. */
export function run(program, args, env = process.env) {
  return new Promise((resolve) => {
    const stdio = ['ignore', 'pipe', 'pipe'];
    const child = spawn(program, args, { cwd: checkout, env: withPackages(env), stdio });
    let output = '';
    const collect = (chunk) => (output += chunk);
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    running.add(child);
    const end = (code) => {
      running.delete(child);
      resolve({ code, output });
    };
    child.on('error', (error) => {
      output += error.message;
      end(127);
    });
    child.on('close', end);
  });
}

/** The same for a program that speaks for itself: returns the child, whose output is the user's screen. */
export function start(program, args) {
  const child = spawn(program, args, {
    cwd: checkout,
    env: withPackages(process.env),
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  running.add(child);
  child.on('close', () => running.delete(child));
  return child;
}

export function stopRunning(signal) {
  for (const child of running) child.kill(signal);
}
