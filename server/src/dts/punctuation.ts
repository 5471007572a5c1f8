/** Codes of the characters that devicetree source gives a meaning. */
export const C_SEMICOLON = 59;
export const C_OPEN = 123;
export const C_CLOSE = 125;
export const C_EQUALS = 61;
export const C_LESS = 60;
export const C_GREATER = 62;
export const C_COMMA = 44;
export const C_SLASH = 47;
export const C_LPAREN = 40;
export const C_RPAREN = 41;
export const C_LBRACKET = 91;
export const C_RBRACKET = 93;
