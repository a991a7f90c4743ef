/** A value that does not fit its type. Generated code throws it bare; who called it finds out what and where. */
export class Misfit extends Error {}
