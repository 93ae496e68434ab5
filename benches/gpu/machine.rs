//! What the machine itself can do.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use cubecl::wgpu::wgpu;

use crate::{median, warm_up};

/// Bytes a second, counted as they are read and as they are written.
pub fn copy_bandwidth(device: &wgpu::Device, queue: &wgpu::Queue) -> f64 {
    const SIZE: u64 = 256 << 20;
    const TIMES: u64 = 20;
    let usage = wgpu::BufferUsages::COPY_SRC | wgpu::BufferUsages::COPY_DST;
    let buffer = || {
        let (label, mapped_at_creation) = (None, false);
        device.create_buffer(&wgpu::BufferDescriptor { label, size: SIZE, usage, mapped_at_creation })
    };
    let (a, b) = (buffer(), buffer());
    let time = median(5, || {
        timed(device, queue, |encoder| {
            for _ in 0..TIMES / 2 {
                encoder.copy_buffer_to_buffer(&a, 0, &b, 0, SIZE);
                encoder.copy_buffer_to_buffer(&b, 0, &a, 0, SIZE);
            }
        })
    });
    (2 * SIZE * TIMES) as f64 / time.as_secs_f64()
}

/// A dispatch of one workgroup that does nothing to a buffer, and waits for the one before.
pub fn empty_dispatch(device: &wgpu::Device, queue: &wgpu::Queue) -> Duration {
    const TIMES: u32 = 2000;
    let shader = Shader::new(
        device,
        "@group(0) @binding(0) var<storage, read_write> x: array<f32>;
        @compute @workgroup_size(64) fn main() { if arrayLength(&x) == 0u { x[0] = 1.0; } }",
    );
    let time = median(5, || timed(device, queue, |encoder| shader.dispatch(encoder, TIMES, 1)));
    time / TIMES
}

/// Floating-point operations a second, two for each multiplication and addition: of invocations that do nothing else, each in
/// 32 numbers that do not wait for each other, all in registers.
pub fn peak(device: &wgpu::Device, queue: &wgpu::Queue) -> f64 {
    const VECTORS: u32 = 8;
    const UNROLLED: u32 = 32;
    const TURNS: u32 = 256;
    const INVOCATIONS: u32 = 256;
    const WORKGROUPS: u32 = 8192;
    let mut begin = String::new();
    let mut turn = String::new();
    let mut end = String::new();
    for vector in 0..VECTORS {
        let _ = write!(begin, "var a{vector} = vec4f(f32(id) + {vector}.0);");
        let _ = write!(end, "+ a{vector}");
    }
    for _ in 0..UNROLLED {
        for vector in 0..VECTORS {
            let _ = write!(turn, "a{vector} = fma(a{vector}, m, s);");
        }
    }
    // The numbers come from a buffer, and go there if that was larger, so that nothing is known before.
    let shader = Shader::new(
        device,
        &format!(
            "@group(0) @binding(0) var<storage, read_write> x: array<f32>;
            @compute @workgroup_size({INVOCATIONS}) fn main(@builtin(local_invocation_index) id: u32) {{
                let m = vec4f(x[0]);
                let s = vec4f(x[1]);
                {begin}
                for (var i = 0u; i < {TURNS}u; i++) {{ {turn} }}
                let sum = vec4f(0.0) {end};
                if arrayLength(&x) == 0u {{ x[id] = sum.x + sum.y + sum.z + sum.w; }}
            }}"
        ),
    );
    queue.write_buffer(&shader.buffer, 0, &[0.999_f32, 0.5].map(f32::to_le_bytes).concat());
    let run = || timed(device, queue, |encoder| shader.dispatch(encoder, 1, WORKGROUPS));
    warm_up(|| _ = run());
    let time = median(5, run);
    let each = f64::from(2 * 4 * VECTORS * UNROLLED * TURNS);
    each * f64::from(INVOCATIONS * WORKGROUPS) / time.as_secs_f64()
}

/// A shader with one buffer.
struct Shader {
    pipeline: wgpu::ComputePipeline,
    buffer: wgpu::Buffer,
    group: wgpu::BindGroup,
}

impl Shader {
    fn new(device: &wgpu::Device, wgsl: &str) -> Self {
        let module = device.create_shader_module(wgpu::ShaderModuleDescriptor {
            label: None,
            source: wgpu::ShaderSource::Wgsl(wgsl.into()),
        });
        let pipeline = device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
            label: None,
            layout: None,
            module: &module,
            entry_point: None,
            compilation_options: wgpu::PipelineCompilationOptions::default(),
            cache: None,
        });
        let buffer = device.create_buffer(&wgpu::BufferDescriptor {
            label: None,
            size: 1024,
            usage: wgpu::BufferUsages::STORAGE | wgpu::BufferUsages::COPY_DST,
            mapped_at_creation: false,
        });
        let group = device.create_bind_group(&wgpu::BindGroupDescriptor {
            label: None,
            layout: &pipeline.get_bind_group_layout(0),
            entries: &[wgpu::BindGroupEntry { binding: 0, resource: buffer.as_entire_binding() }],
        });
        Self { pipeline, buffer, group }
    }

    fn dispatch(&self, encoder: &mut wgpu::CommandEncoder, times: u32, workgroups: u32) {
        let mut pass = encoder.begin_compute_pass(&wgpu::ComputePassDescriptor::default());
        pass.set_pipeline(&self.pipeline);
        pass.set_bind_group(0, &self.group, &[]);
        for _ in 0..times {
            pass.dispatch_workgroups(workgroups, 1, 1);
        }
    }
}

fn timed(
    device: &wgpu::Device,
    queue: &wgpu::Queue,
    work: impl FnOnce(&mut wgpu::CommandEncoder),
) -> Duration {
    let mut encoder = device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
    work(&mut encoder);
    let commands = encoder.finish();
    let started = Instant::now();
    queue.submit([commands]);
    device.poll(wgpu::PollType::wait_indefinitely()).expect("the device goes on");
    started.elapsed()
}
