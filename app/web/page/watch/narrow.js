/** Whether all stands in one column: what is folded away stays so until somebody wants it. */
export const narrow = () => matchMedia("(max-width: 59.99rem)").matches;
