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

/** Libraries quote in their messages what was handled: names, addresses, payloads. `#kernel/errors` tells what is safe of them. */
const errorsToldSafely = {
  meta: { type: 'problem', docs: { description: 'errors become text by #kernel/errors alone' } },
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

export default { meta: { name: 'cleave' }, rules: { deterministic, 'errors-told-safely': errorsToldSafely, 'own-fields': ownFields } };
