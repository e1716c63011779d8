/** An array of numbers of the type that an input takes, or an output has: see `End.dtype`. */
export type Numbers =
  | Float32Array
  | Float64Array
  | Uint8Array
  | Uint8ClampedArray
  | Int8Array
  | Uint16Array
  | Int16Array
  | Uint32Array
  | Int32Array;

/** An input or output. `shape` is that of one image: rows, columns, channels. */
export interface End {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: "float32" | "float64" | "uint8" | "int8" | "uint16" | "int16" | "uint32" | "int32";
}

/** What a model is. The memory has this size from the beginning, and never grows. */
export interface Description {
  readonly name: string;
  readonly builtBy: string;
  readonly inputs: readonly End[];
  readonly outputs: readonly End[];
  readonly classNames: readonly string[] | null;
  readonly preprocessing: string | null;
  readonly multiplyAdds: number;
  readonly memoryBytes: number;
  readonly imagesAtATime: number;
}

/** A model that is ready to predict; `load()` makes it. */
export declare class Model {
  private constructor();
  readonly name: string;
  readonly inputs: readonly End[];
  readonly outputs: readonly End[];
  /** The names of the classes that the scores are for, if they were known when the model was built. */
  readonly classNames: readonly string[] | null;

  /** What the model is, what it takes and gives. */
  describe(): Description;

  /**
   * What the model makes of one image or several, one behind the other, in the order of `End.shape`. A model of several
   * inputs takes an object with an array for each; one of several outputs gives such an object.
   *
   * TypeError for something else than the arrays that the model takes; RangeError if they are not whole images, or not
   * equally many.
   */
  predict<Result extends Numbers | Record<string, Numbers> = Float32Array>(images: Numbers | Record<string, Numbers>): Result;

  /**
   * Predicts an image of the model's own, and compares: the largest deviation, as a share of the largest output. Error if
   * that is too much.
   */
  test(): number;
}

/**
 * Loads the module: by default the file beside this one. Others are given as an address (in Node also the name of a file),
 * bytes, a Response, or a module that is compiled already.
 */
export declare function load(
  source?: string | URL | ArrayBuffer | ArrayBufferView | Response | WebAssembly.Module,
): Promise<Model>;
