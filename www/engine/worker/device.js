// The device that models run on: WebGPU where there is a GPU, else the CPU. Opened once each.

import { DeviceHandle } from '../../pkg/hearth.js';
import { HearthError } from '../errors.js';

const DEVICE_MS = 20_000;

/** @type {DeviceHandle | undefined} */
let cpu;
/** @type {Promise<DeviceHandle> | undefined} */
let webgpu;

/**
 * The device for a preference, and the reason where `auto` is the CPU.
 * @param {'auto' | 'webgpu' | 'cpu'} preference
 * @param {(reason: string) => void} onLost is called when the GPU goes away
 * @returns {Promise<{ device: DeviceHandle, fallback_reason?: string }>}
 */
export async function openDevice(preference, onLost) {
  if (preference === 'cpu') return { device: openCpu() };
  const reported = webgpu !== undefined;
  try {
    const device = await (webgpu ??= openWebGpu(onLost));
    if (preference === 'webgpu' || !device.is_fallback_adapter) return { device };
    const name = device.adapter && ` (${device.adapter})`;
    const why = `WebGPU has a software adapter here${name}, which is slower than the CPU device`;
    throw new HearthError('device-unavailable', why);
  } catch (error) {
    if (preference === 'webgpu') throw error;
    const fallback_reason = HearthError.from(error).message;
    // Elements say in a visitor's words that there is no GPU. The details are for whoever looks into it.
    if (!reported) console.info(`Hearth runs on the CPU. ${fallback_reason}`);
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
  return /** @type {Promise<DeviceHandle>} */ (Promise.race([DeviceHandle.webgpu(onLost), late]));
}
