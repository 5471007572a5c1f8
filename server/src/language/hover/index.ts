/** What the floors above use of this room: what stands under the cursor, in words. */
export { hover } from './hover';
