/** An interceptor of the tests: puts `x-carried` of a request into its flow, and prints where it meets that again. */
const print = (carried, step, what) => {
  if (carried) process.stdout.write(`carried ${carried} ${step} ${what} by ${process.pid}\n`);
};

export default {
  request(request, next) {
    const carried = request.headers['x-carried'];
    print(carried, 'request', request.operation);
    return next(carried ? { ...request, flow: { ...request.flow, carried } } : request);
  },
  ask(call, next) {
    print(call.metadata.headers?.carried, 'ask', call.name);
    return next(call);
  },
  answer(call, next) {
    print(call.metadata.headers?.carried, 'answer', call.name);
    return next(call);
  },
  publish(message) {
    print(message.headers.carried, 'publish', message.name);
    return message;
  },
  deliver(delivery, next) {
    for (const { name, headers } of delivery.messages)
      print(headers.carried, 'deliver', `${name} to ${delivery.receiver}`);
    return next(delivery);
  },
  handle(handling, next) {
    print(handling.message.headers.carried, 'handle', `${handling.message.name} at ${handling.receiver}`);
    return next(handling);
  },
};
