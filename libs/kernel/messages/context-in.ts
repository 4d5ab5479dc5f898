/** The context that the name of a message, or of a subscriber, begins with: `inventory` of `inventory.reserve-stock.v1`. */
export const contextIn = (name: string): string => name.slice(0, name.indexOf('.'));
