/** One text, with its true label where it is known. */
export interface Sample {
  readonly text: string;
  /** Several labels of a multi-label text are separated by `|`. */
  readonly label?: string;
}

/** A file of texts. Either every sample has a label or none has. */
export interface Dataset {
  readonly samples: readonly Sample[];
  readonly labelled: boolean;
}
