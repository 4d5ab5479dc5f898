import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

/** A house with two contexts and the project's own rules. */
const house: Record<string, string> = {
  'libs/kernel/package.json': '{ "type": "module", "imports": { "#kernel/*": "./*/index.ts" } }',
  'libs/kernel/base/index.ts': 'export const base = 1;',
  'libs/kernel/messages/index.ts': "export { messages } from './message.js';",
  'libs/kernel/messages/message.ts': 'export const messages = 1;',
  'libs/kernel/core/index.ts': "export { kernel } from './kernel.js';",
  'libs/kernel/core/kernel.ts': "import { messages } from '#kernel/messages';\nexport const kernel = messages;",
  'libs/kernel/brokers/index.ts': "import { kernel } from '#kernel/core';\nexport const brokers = kernel;",
  'libs/kernel/redis/index.ts': "import { brokers } from '#kernel/brokers';\nexport const redis = brokers;",
  'libs/kernel/redis/testing/index.ts': "import { until } from '#kernel/testing';\nexport const testRedis = until;",
  'libs/kernel/kafka/index.ts': "import { brokers } from '#kernel/brokers';\nexport const kafka = brokers;",
  'libs/kernel/http/index.ts': "import { kernel } from '#kernel/core';\nexport const http = kernel;",
  'libs/kernel/testing/index.ts': "import { kernel } from '#kernel/core';\nexport const until = kernel;",
  'libs/cart/src/index.ts': "export { cart } from './cart.js';",
  'libs/cart/src/cart.ts':
    "import { Order } from '#ordering/contracts';\nimport { kernel } from '#kernel/core';\nexport const cart = [Order, kernel];",
  'libs/cart/src/http/index.ts': "import { http as kernel } from '#kernel/http';\nexport const http = kernel;",
  'libs/ordering/src/index.ts': "export { order } from './order.js';",
  'libs/ordering/src/order.ts': 'export const order = 1;\nexport type Order = number;',
  'libs/ordering/src/contracts/index.ts':
    "import { messages } from '#kernel/messages';\nexport const Order = messages;",
};

const root = join(import.meta.dirname, '..');

it('the kernel has no word of the shop, nor its core of a broker', () => {
  const words = /\b(carts?|catalog|products?|variants?|inventory|ordering|payments?|checkout|skus?|shops?|EUR|USD)\b/i;
  const brokers = /\b(redis|kafka)\b/i;
  const sources = globSync('libs/kernel/**/*.ts', { cwd: root }).filter(
    (file) => !/\.spec\.ts$|\/testing\//.test(file),
  );
  const naming = (word: RegExp, of: RegExp) =>
    sources.filter((file) => of.test(file) && word.test(readFileSync(join(root, file), 'utf8')));
  expect(sources.length).toBeGreaterThan(100);
  // The schema of money, a wire format, has an example in euros.
  expect(naming(words, /./)).toEqual(['libs/kernel/messages/schema.ts']);
  expect(naming(brokers, /\/(messages|core|topology|brokers|edge|http)\//)).toEqual([]);
});

it('no file of the core is too long for one head, and its README names files that are there', () => {
  const core = join(root, 'libs/kernel/core');
  const long = globSync('**/*.ts', { cwd: core })
    .filter((file) => !file.endsWith('.spec.ts'))
    .filter((file) => readFileSync(join(core, file), 'utf8').split('\n').length > 200);
  expect(long).toEqual([]);
  const named = [...readFileSync(join(core, 'README.md'), 'utf8').matchAll(/\]\((\S+?)\)/g)].map(([, path]) => path!);
  expect(named.filter((path) => !existsSync(join(core, path)))).toEqual([]);
});

describe('the boundaries', () => {
  let dir: string;
  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), 'boundaries-'));
    for (const file of ['package.json', 'tsconfig.json', '.dependency-cruiser.mjs'])
      cpSync(join(root, file), join(dir, file));
    symlinkSync(join(root, 'node_modules'), join(dir, 'node_modules'));
  });
  afterAll(() => rmSync(dir, { recursive: true }));

  /** What dependency-cruiser says of the house with one file changed. */
  function cruise(file?: string, source?: string): { status: number | null; output: string } {
    rmSync(join(dir, 'libs'), { recursive: true, force: true });
    for (const [path, text] of Object.entries({ ...house, ...(file ? { [file]: source! } : {}) })) {
      mkdirSync(dirname(join(dir, path)), { recursive: true });
      writeFileSync(join(dir, path), text);
    }
    const command = join(root, 'node_modules/dependency-cruiser/bin/dependency-cruiser.mjs');
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [command, 'libs', '--config', '.dependency-cruiser.mjs'],
      { cwd: dir, encoding: 'utf8' },
    );
    return { status, output: stdout + stderr };
  }

  it('are kept by a house that asks by contracts', () => expect(cruise()).toMatchObject({ status: 0 }));

  it.each([
    [
      'a context that imports the core of another',
      'context-only-via-contracts',
      'libs/cart/src/cart.ts',
      "import { order } from '#ordering';\nexport const cart = order;",
    ],
    [
      'one that does it by a relative path, for a type alone',
      'context-only-via-contracts',
      'libs/cart/src/cart.ts',
      "import type { Order } from '../../ordering/src/order.js';\nexport const cart: Order = 1;",
    ],
    [
      'contracts that import more than messages',
      'contracts-are-leaves',
      'libs/ordering/src/contracts/index.ts',
      "import { kernel } from '#kernel/core';\nexport const Order = kernel;",
    ],
    [
      'an edge that imports its core',
      'edge-knows-no-core',
      'libs/cart/src/http/index.ts',
      "import { cart } from '../cart.js';\nexport const http = cart;",
    ],
    [
      'a core that imports its edge',
      'core-knows-no-edge',
      'libs/cart/src/cart.ts',
      "import { http } from './http/index.js';\nexport const cart = http;",
    ],
    [
      'a kernel that knows a context',
      'kernel-knows-no-context',
      'libs/kernel/core/kernel.ts',
      "import { Order } from '../../ordering/src/contracts/index.js';\nexport const kernel = Order;",
    ],
    [
      'a context that knows a broker',
      'context-knows-no-broker',
      'libs/cart/src/cart.ts',
      "import { redis } from '#kernel/redis';\nexport const cart = redis;",
    ],
    [
      'a core that knows HTTP',
      'core-knows-no-edge',
      'libs/cart/src/cart.ts',
      "import { http } from '#kernel/http';\nexport const cart = http;",
    ],
    [
      'a kernel whose core knows a broker',
      'kernel-core-stays-on-its-floor',
      'libs/kernel/core/kernel.ts',
      "import type { redis } from '#kernel/redis';\nexport const kernel: typeof redis | undefined = undefined;",
    ],
    [
      'a kernel whose core knows HTTP',
      'kernel-core-stays-on-its-floor',
      'libs/kernel/core/kernel.ts',
      "import { http } from '#kernel/http';\nexport const kernel = http;",
    ],
    [
      'a broker that knows another',
      '-stays-on-its-floor: libs/kernel/redis/index.ts',
      'libs/kernel/redis/index.ts',
      "import { kafka } from '#kernel/kafka';\nexport const redis = kafka;",
    ],
    [
      'a part of the kernel that reaches past the face of another',
      'kernel-part-only-via-its-face',
      'libs/kernel/core/kernel.ts',
      "import { messages } from '../messages/message.js';\nexport const kernel = messages;",
    ],
    [
      'a context that reaches past the face of a part of the kernel',
      'kernel-only-via-its-faces',
      'libs/cart/src/cart.ts',
      "import { kernel } from '../../kernel/core/kernel.js';\nexport const cart = kernel;",
    ],
    [
      'a part of the kernel that uses a test kit',
      'no-testing-outside-tests',
      'libs/kernel/http/index.ts',
      "import { testRedis } from '#kernel/redis/testing';\nexport const http = testRedis;",
    ],
    [
      'a cycle',
      'no-cycles',
      'libs/cart/src/cart.ts',
      "import { cart as self } from './index.js';\nexport const cart: unknown = self;",
    ],
    [
      'a cycle of types alone',
      'no-cycles',
      'libs/cart/src/cart.ts',
      "import type { cart as self } from './index.js';\nexport const cart: typeof self | undefined = undefined;",
    ],
    [
      'an import of nothing',
      'not-to-unresolvable',
      'libs/cart/src/cart.ts',
      "import { x } from './nowhere.js';\nexport const cart = x;",
    ],
  ])('are broken by %s', (_, rule, file, source) => {
    const { status, output } = cruise(file, source);
    expect(output).toContain(rule);
    expect(status).not.toBe(0);
  });
});
