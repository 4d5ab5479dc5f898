import { analyse } from 'scslre';

/** Reads that make two runs differ. In libs they are injected (Clock, Ids, Randomness), so that a seed can rule them all. */
const banned = new Set(['Date.now', 'Math.random', 'crypto.randomUUID']);

const deterministic = {
  meta: { type: 'problem', docs: { description: 'time, chance and ids are injected, never read' } },
  create(context) {
    const report = (node, what) =>
      context.report({ node, message: `${what} is read here: inject Clock, Ids or Randomness instead.` });
    return {
      MemberExpression(node) {
        const name = `${node.object.name}.${node.property.name}`;
        if (banned.has(name)) report(node, name);
      },
      NewExpression(node) {
        if (node.callee.name === 'Date') report(node, 'new Date');
      },
      ImportSpecifier(node) {
        if (node.imported.name === 'randomUUID') report(node, 'randomUUID');
      },
    };
  },
};

/** Libraries quote in their messages what was handled: names, addresses, payloads. `#kernel/base` tells what is safe of them. */
const errorsToldSafely = {
  meta: { type: 'problem', docs: { description: 'errors become text by #kernel/base alone' } },
  create(context) {
    const isError = (node) => node?.type === 'Identifier' && node.name === 'error';
    const report = (node) =>
      context.report({
        node,
        message: 'an error becomes text here: use errorText, errorStack or errorReport instead.',
      });
    return {
      CallExpression(node) {
        if (node.callee.name === 'String' && isError(node.arguments[0])) report(node);
      },
      TemplateLiteral(node) {
        for (const one of node.expressions) if (isError(one)) report(one);
      },
      MemberExpression(node) {
        if (isError(node.object) && node.property.name === 'stack') report(node);
      },
      Property(node) {
        if (node.key.name === 'err' && isError(node.value)) report(node);
      },
    };
  },
};

/** `'constructor' in {}` is true: a name from outside would find what every object inherits. */
const ownFields = {
  meta: { type: 'problem', docs: { description: 'a name that is not known beforehand is looked up among own fields' } },
  create: (context) => ({
    BinaryExpression(node) {
      if (node.operator !== 'in' || node.left.type === 'Literal' || node.left.type === 'PrivateIdentifier') return;
      context.report({ node, message: '`in` finds inherited names, such as "constructor", too: use Object.hasOwn.' });
    },
  }),
};

/**
 * Linear in the length of the text, from whichever end: a quantifier that begins again at each place where the search does
 * (`/<[^>]*>/` over "<<<<…") takes as long as one that gives back what it has taken.
 */
const linearRegex = {
  meta: { type: 'problem', docs: { description: 'regular expressions take linear time' } },
  create(context) {
    const check = (node, source, flags) => {
      for (const { type, exponential, quant, quants, startQuant } of analyse({ source, flags }).reports) {
        const { raw } = quant ?? startQuant ?? quants[0];
        const time = exponential ? 'exponential' : 'quadratic';
        const why = type === 'Move' ? 'each place where the search begins' : 'each way to share the text out';
        context.report({ node, message: `\`${raw}\` takes ${time} time, for it reads on from ${why}.` });
      }
    };
    const checkMade = (node) => {
      if (node.callee.name !== 'RegExp') return;
      const [source, flags = { type: 'Literal', value: '' }] = node.arguments;
      if (source?.type === 'Literal' && flags.type === 'Literal') {
        if (!source.regex) check(node, String(source.value), String(flags.value));
      } else
        context.report({
          node,
          message: 'A pattern that is put together here cannot be checked: say why it is linear.',
        });
    };
    return {
      Literal: (node) => node.regex && check(node, node.regex.pattern, node.regex.flags),
      NewExpression: checkMade,
      CallExpression: checkMade,
    };
  },
};

export default {
  meta: { name: 'cleave' },
  rules: {
    deterministic,
    'errors-told-safely': errorsToldSafely,
    'own-fields': ownFields,
    'linear-regex': linearRegex,
  },
};
