// The device that models run on: WebGPU where there is a GPU, else the CPU. Opened once each.

import { DeviceHandle } from '../../pkg/hearth.js';
import { HearthError } from '../errors.js';

const DEVICE_MS = 20_000;

/** @type {DeviceHandle | undefined} */
let cpu;
/** @type {Promise<DeviceHandle> | undefined} */
let webgpu;
/** Whether models have been given the GPU device. Until then its loss concerns nobody. */
let handedOut = false;
/** Why the GPU device was lost. @type {string | undefined} */
let lost;
/** Whether the console says why `auto` is the CPU. */
let logged = false;

/**
 * The device for a preference, and the reason where `auto` is the CPU.
 * @param {'auto' | 'webgpu' | 'cpu'} preference
 * @param {(reason: string) => void} onLost called when the GPU that models run on goes away
 * @returns {Promise<{ device: DeviceHandle, fallback_reason?: string }>}
 */
export async function openDevice(preference, onLost) {
  if (preference === 'cpu') return { device: openCpu() };
  try {
    const device = await (webgpu ??= openWebGpu(onLost));
    if (preference === 'webgpu' || !device.is_fallback_adapter) {
      handedOut = true;
      if (lost !== undefined) onLost(lost);
      return { device };
    }
    const name = device.adapter && ` (${device.adapter})`;
    const why = `WebGPU has a software adapter here${name}, which is slower than the CPU device`;
    throw new HearthError('device-unavailable', why);
  } catch (error) {
    if (preference === 'webgpu') throw error;
    const fallback_reason = HearthError.from(error).message;
    // Elements say in a visitor's words that there is no GPU. The details are for whoever looks into it.
    if (!logged) console.info(`Hearth runs on the CPU. ${fallback_reason}`);
    logged = true;
    return { device: openCpu(), fallback_reason };
  }
}

function openCpu() {
  return (cpu ??= DeviceHandle.cpu());
}

/** @param {(reason: string) => void} onLost */
function openWebGpu(onLost) {
  const late = new Promise((_, reject) => {
    const why = `WebGPU gave no device within ${DEVICE_MS / 1000} s`;
    setTimeout(() => reject(new HearthError('device-unavailable', why)), DEVICE_MS);
  });
  const opened = DeviceHandle.webgpu((/** @type {string} */ reason) => {
    lost = reason;
    if (handedOut) onLost(reason);
  });
  return /** @type {Promise<DeviceHandle>} */ (Promise.race([opened, late]));
}
