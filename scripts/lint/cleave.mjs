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

export default { meta: { name: 'cleave' }, rules: { deterministic } };
