/** The kernel stops: BUG(), a NULL pointer. What was simulated until then is reported. */
export class KernelPanic extends Error {}
