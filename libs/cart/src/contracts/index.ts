export {
  Cart,
  ClaimCart,
  CreateCart,
  GetCart,
  GetCartForCheckout,
  RemoveCartItem,
  SetCartItem,
  TakeOverCart,
} from './cart.js';
