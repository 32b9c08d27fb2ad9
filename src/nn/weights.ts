/**
 * Where layers get their parameters: drawn from a key, or read from arrays; a layer cannot tell which.
 * A parameter's address (`blocks.0.attention.query.weight`) seeds its draw, names its graph input, is its key in a
 * checkpoint and stands in errors; so adding a layer never shifts its neighbours' random numbers.
 */
import { CheckpointError } from "#base";
import type { Key } from "#random";
import { type Arrays, float32, type NdArray, parameter, showShape, sizeOf, type Tensor } from "#tensor";
import type { Init } from "./init.ts";

interface Origin {
  /** The array of an address: drawn, or read. */
  find(address: string, shape: readonly number[], init: Init): NdArray;
}

export class Weights {
  private constructor(
    private readonly origin: Origin,
    private readonly prefix: string,
    /** Every parameter asked for so far, by address: the arrays that training changes in place. */
    readonly arrays: Record<string, NdArray>,
    /** The traced tensor of each of them. */
    readonly parameters: Record<string, Tensor>,
  ) {}

  /** Weights drawn from a key, each by its address. */
  static draw(key: Key): Weights {
    const find: Origin["find"] = (address, shape, init) => {
      const data = new Float32Array(sizeOf(shape));
      init(key.fold(address), data, shape);
      return float32(data, shape);
    };
    return new Weights({ find }, "", {}, {});
  }

  /** Addresses and shapes alone, for layers whose arrays are read or packed afterwards: `arrays` holds nothing of them. */
  static planned(): Weights {
    const find: Origin["find"] = (_, shape) => float32(new Float32Array(0), shape);
    return new Weights({ find }, "", {}, {});
  }

  /** Weights read from arrays; a missing one or another shape is an error that names the address. */
  static read(arrays: Arrays, where = "checkpoint"): Weights {
    const find: Origin["find"] = (address, shape) => {
      const found = arrays[address];
      if (found === undefined) {
        throw new CheckpointError(`${where}: weight "${address}" is missing; expected shape ${showShape(shape)}.`, {
          code: "missing-weight",
          field: address,
        });
      }
      if (showShape(found.shape) !== showShape(shape)) {
        throw new CheckpointError(
          `${where}: weight "${address}" has shape ${showShape(found.shape)}; this configuration expects ${showShape(shape)}.`,
          { code: "weight-shape", field: address },
        );
      }
      return found;
    };
    return new Weights({ find }, "", {}, {});
  }

  /** The same, but what would be drawn and stands in `arrays` starts as it is there; what is read stays as it was read. */
  starting(arrays: Arrays): Weights {
    const find: Origin["find"] = (address, shape, init) => {
      const given = arrays[address];
      if (given === undefined) return this.origin.find(address, shape, init);
      if (showShape(given.shape) !== showShape(shape)) {
        throw new CheckpointError(
          `weight "${address}" was to start from an array of shape ${showShape(given.shape)}; this configuration expects ${showShape(shape)}.`,
          { code: "weight-shape", field: address },
        );
      }
      const copy: Init = (_, data) => data.set(given.data as Float32Array); // weights are float32
      return this.origin.find(address, shape, copy);
    };
    return new Weights({ find }, this.prefix, this.arrays, this.parameters);
  }

  /** The address of something at this place. */
  address(name: string): string {
    return `${this.prefix}${name}`;
  }

  /** The same weights one level deeper. */
  at(name: string | number): Weights {
    return new Weights(this.origin, `${this.prefix}${name}.`, this.arrays, this.parameters);
  }

  /** The parameter at this place: a traced tensor whose array is kept under its address. */
  tensor(name: string, shape: readonly number[], init: Init): Tensor {
    const address = this.address(name);
    this.arrays[address] ??= this.origin.find(address, shape, init);
    this.parameters[address] ??= parameter(address, shape);
    return this.parameters[address];
  }
}
