/** Results as the kernel returns them: 0, or a negative errno. */

/** 0, or a negative errno as the kernel returns it (-517 is -EPROBE_DEFER). */
export type Errno = number;

export const EPERM = -1;
export const ENOENT = -2;
export const EIO = -5;
export const ENXIO = -6;
export const ENOMEM = -12;
export const EACCES = -13;
export const EBUSY = -16;
export const ENODEV = -19;
export const EINVAL = -22;
export const ENOSPC = -28;
export const ERANGE = -34;
export const EOPNOTSUPP = -95;
export const EPROBE_DEFER = -517;
