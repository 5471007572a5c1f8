/** Token kinds; single characters are their own code (below 128). */
export const T_EOF = 256;
export const T_NAME = 257;
export const T_LABEL = 258;
export const T_LITERAL = 259;
export const T_CHARACTER = 260;
export const T_STRING = 261;
export const T_REFERENCE = 262;
export const T_PATH_REFERENCE = 263;
export const T_BYTE = 264;
export const T_VERSION = 265;
export const T_PLUGIN = 266;
export const T_MEMRESERVE = 267;
export const T_BITS = 268;
export const T_DELETE_PROPERTY = 269;
export const T_DELETE_NODE = 270;
export const T_OMIT = 271;
export const T_INCBIN = 272;
/** An identifier where none can stand: dtc would see its letters one by one. */
export const T_WORD = 273;
export const T_LSHIFT = 274;
export const T_RSHIFT = 275;
export const T_LE = 276;
export const T_GE = 277;
export const T_EQ = 278;
export const T_NE = 279;
export const T_AND = 280;
export const T_OR = 281;
