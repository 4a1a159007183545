/* Links for others: how long they last. */

export const LINK_SECONDS = 86_400;
