import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

/** A house with two contexts and the project's own rules. */
const house: Record<string, string> = {
  'libs/kernel/src/index.ts': 'export const kernel = 1;',
  'libs/kernel/src/messages/index.ts': 'export const messages = 1;',
  'libs/cart/src/index.ts': "export { cart } from './cart.js';",
  'libs/cart/src/cart.ts':
    "import { Order } from '#ordering/contracts';\nimport { kernel } from '#kernel';\nexport const cart = [Order, kernel];",
  'libs/cart/src/http/index.ts': 'export const http = 1;',
  'libs/ordering/src/index.ts': "export { order } from './order.js';",
  'libs/ordering/src/order.ts': 'export const order = 1;\nexport type Order = number;',
  'libs/ordering/src/contracts/index.ts':
    "import { messages } from '#kernel/messages';\nexport const Order = messages;",
};

describe('the boundaries', () => {
  const root = join(import.meta.dirname, '..');
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
      "import { kernel } from '#kernel';\nexport const Order = kernel;",
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
      'libs/kernel/src/index.ts',
      "import { Order } from '#ordering/contracts';\nexport const kernel = Order;",
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
