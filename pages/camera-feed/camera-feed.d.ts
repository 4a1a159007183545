/*
 * Types of <camera-feed> for projects in TypeScript: copy this file beside yours. What each means is in
 * docs/camera-feed.md.
 */

export type CameraFeedState = "connecting" | "live" | "stale" | "offline" | "paused" | "hidden";
export type CameraFeedTransport = "websocket" | "fetch" | "img" | "snapshot";

/** The attributes, as HTML and the libraries that write it take them. */
export interface CameraFeedAttributes {
  src?: string;
  camera?: string;
  /** A width such as 640 or "640px"; `auto` where it is missing. */
  quality?: "auto" | "main" | `${number}` | `${number}px` | number;
  fps?: number | `${number}`;
  mode?: "auto" | CameraFeedTransport;
  link?: string;
  alt?: string;
  paused?: boolean | "" | "true" | "false";
  "hide-age"?: boolean | "";
}

/** When one of these states begins. */
export type CameraFeedTurnEvent = CustomEvent<{ camera: string | undefined; reason: string }>;
/** When the state or the reason changes. */
export type CameraFeedStateEvent = CustomEvent<{ state: CameraFeedState; reason: string }>;
/** For each picture painted. */
export type CameraFeedPictureEvent = CustomEvent<{ capturedAt: Date | null; width: number; height: number }>;

export interface CameraFeedEventMap extends HTMLElementEventMap {
  live: CameraFeedTurnEvent;
  stale: CameraFeedTurnEvent;
  offline: CameraFeedTurnEvent;
  statechange: CameraFeedStateEvent;
  picture: CameraFeedPictureEvent;
}

export declare class CameraFeed extends HTMLElement {
  readonly state: CameraFeedState;
  /** Why it is stale or offline, in words; else empty. */
  readonly reason: string;
  /** How old the picture is that is shown; null before the first, and where nobody can tell. */
  readonly ageMs: number | null;
  readonly capturedAt: Date | null;
  readonly pictureWidth: number;
  readonly pictureHeight: number;
  /** Null while none works. */
  readonly transport: CameraFeedTransport | null;
  /** Pictures skipped because they were damaged, since the element was made. */
  readonly undecodable: number;
  /** Pictures painted in the last second; to set it is to set the attribute, the most that is wanted. */
  get fps(): number;
  set fps(value: number | string);
  paused: boolean;
  pause(): void;
  resume(): void;

  addEventListener<Name extends keyof CameraFeedEventMap>(
    type: Name,
    listener: (this: CameraFeed, event: CameraFeedEventMap[Name]) => void,
    options?: boolean | AddEventListenerOptions,
  ): void;
  addEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject,
    options?: boolean | AddEventListenerOptions,
  ): void;
  removeEventListener<Name extends keyof CameraFeedEventMap>(
    type: Name,
    listener: (this: CameraFeed, event: CameraFeedEventMap[Name]) => void,
    options?: boolean | EventListenerOptions,
  ): void;
  removeEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject,
    options?: boolean | EventListenerOptions,
  ): void;
}

declare global {
  interface HTMLElementTagNameMap {
    "camera-feed": CameraFeed;
  }
}
