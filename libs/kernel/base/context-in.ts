/** The context that the name of a message, or of a subscriber, begins with: `lending` of `lending.lend-book.v1`. */
export const contextIn = (name: string): string => name.slice(0, name.indexOf('.'));
