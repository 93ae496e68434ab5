//! Every kernel against its twin, on sizes around those that it treats differently.

use burn::tensor::{Device, Tensor, TensorData};
use hearth::kernels::{
    Activation, AdamStep, AttentionCall, ConvGeometry, ConvKernels, ConvWeight, Epilogue, Format,
    GroupNormCall, Indices, KeyValues, LayerNormCall, Layout, LinearCall, Recording, Weight,
    activation_gradient, activation_gradient_twin, adam, adam_twin, attention, attention_probs,
    attention_twin, conv2d, conv2d_twin, copy, copy_into, cross_attention, cross_attention_probs,
    cross_attention_probs_twin, cross_attention_twin, gather, gather_twin, geglu, geglu_twin, group_moments,
    group_moments_twin, group_norm, group_norm_twin, layer_norm, layer_norm_twin, linear, linear_layer,
    linear_twin,
};
use hearth::rng::{Purpose, Rng};

use super::{assert_close, read};

const ACTIVATIONS: [Activation; 9] = [
    Activation::Identity,
    Activation::Relu,
    Activation::LeakyRelu(0.2),
    Activation::Tanh,
    Activation::Sigmoid,
    Activation::Silu,
    Activation::Gelu,
    Activation::GeluTanh,
    Activation::QuickGelu,
];

pub const FORMATS: [Format; 3] = [Format::F32, Format::F16, Format::Q8];

/// Random numbers, and the device that they come to.
pub struct Numbers(Rng, Device);

impl Numbers {
    pub fn new(device: &Device) -> Self {
        Self(Rng::new(1, Purpose::Latents), device.clone())
    }

    pub fn list(&mut self, len: usize) -> Vec<f32> {
        (0..len).map(|_| self.0.normal()).collect()
    }

    pub fn tensor<const D: usize>(&mut self, sizes: [usize; D]) -> Tensor<D> {
        Tensor::from_data(TensorData::new(self.list(sizes.iter().product()), sizes), &self.1)
    }
}

async fn assert_tensors_close<const D: usize>(what: &str, got: Tensor<D>, expected: Tensor<D>) {
    assert_close(what, "numbers", &read(got).await, &read(expected).await, 5e-5);
}

/// `linear`: in each layout and format every activation, and every combination of norm, bias and residual; not every
/// activation with every combination.
pub async fn assert_linear_is_its_twin(device: &Device) {
    let mut numbers = Numbers::new(device);
    let few_rows = [
        [1, 1, 1],
        [1, 9, 12],
        [1, 103, 257],
        [1, 256, 64],
        [2, 8, 4],
        [3, 5, 7],
        [3, 70, 36],
        [4, 16, 8],
        [5, 33, 9],
        [8, 3, 1],
        [13, 64, 40],
        [67, 110, 256],
        // Many rows, of which the last tile has fewer, and more inputs than a block of the weight has.
        [11, 520, 70],
        [66, 1030, 65],
        [301, 37, 131],
    ];
    // Enough for a GPU's small tiles, and some for its large ones; the last two have inputs enough to divide tiles.
    let many_rows = [
        [33, 70, 1030],
        [64, 64, 1024],
        [100, 37, 530],
        [257, 40, 257],
        [32, 5, 2051],
        [520, 12, 1001],
        [513, 33, 1000],
        [530, 100, 970],
        [40, 522, 1102],
        [200, 514, 581],
    ];
    for (index, sizes) in few_rows.into_iter().chain(many_rows).enumerate() {
        for (layout_index, layout) in [Layout::InOut, Layout::OutIn].into_iter().enumerate() {
            for (format_index, format) in FORMATS.into_iter().enumerate() {
                // A browser takes seconds for each shader. Together these sizes have all the formats there too.
                let is_left_out = cfg!(target_arch = "wasm32") && (index + layout_index) % 3 != format_index;
                if index < few_rows.len() || !is_left_out {
                    let activation = ACTIVATIONS[(index + 3 * format_index) % 9];
                    assert_one_linear_is_its_twin(&mut numbers, index, sizes, (layout, format), activation)
                        .await;
                }
            }
        }
    }
}

/// One of them; the index decides what there is besides the weight.
async fn assert_one_linear_is_its_twin(
    numbers: &mut Numbers,
    index: usize,
    [rows, inputs, outputs]: [usize; 3],
    (layout, format): (Layout, Format),
    activation: Activation,
) {
    let device = numbers.1.clone();
    let x = numbers.tensor([rows, inputs]);
    let (gamma, beta) = (numbers.tensor([inputs]), numbers.tensor([inputs]));
    let norm = (index % 4 > 1).then_some(LayerNormCall { gamma: &gamma, beta: &beta, epsilon: 1e-5 });
    let shape = if layout == Layout::InOut { [inputs, outputs] } else { [outputs, inputs] };
    let values = numbers.list(inputs * outputs);
    let weight = Weight::new(values.clone(), shape, layout, format, &device);
    assert_eq!((weight.inputs(), weight.outputs(), weight.format()), (inputs, outputs, format));
    let rounded = Weight::rounded(&values, shape, layout, format);
    let plain = Tensor::<2>::from_data(TensorData::new(rounded, shape), &device);
    let plain = if layout == Layout::InOut { plain } else { plain.transpose() };
    let what = format!("{shape:?}, {layout:?}, {format:?}");
    assert_tensors_close(&what, weight.to_tensor(), plain).await;
    let bias = index.is_multiple_of(2).then(|| numbers.tensor([outputs]));
    let residual = (!index.is_multiple_of(3)).then(|| numbers.tensor([rows, outputs]));
    let what = format!("[{rows}, {inputs}] · {what}, {activation:?}");
    // In q8 the CPU rounds the inputs to sixteen bits. What sums are off by grows like the root of how many numbers they have.
    #[allow(clippy::cast_precision_loss)] // they are few
    let tolerance = if format == Format::Q8 { 2e-3 } else { 1e-4 * (inputs as f32 / 100.0).sqrt().max(1.0) };
    let call = LinearCall { norm, weight: &weight, bias, activation, residual };
    let (got, twin) = (linear(&x, &call), linear_twin(&x, &call));
    assert_close(&what, "numbers", &read(got).await, &read(twin).await, tolerance);
}

/// A layer of Burn's whose weight is not a contiguous tensor.
pub async fn assert_a_turned_weight_is_read_as_it_looks(device: &Device) {
    let mut numbers = Numbers::new(device);
    let (x, turned) = (numbers.tensor([3, 10]), numbers.tensor([6, 10]).transpose());
    let layer = burn::nn::Linear { weight: burn::module::Param::from_tensor(turned.clone()), bias: None };
    let got = linear_layer(&layer, &x, Activation::Identity);
    assert_tensors_close("a turned weight", got, x.matmul(turned)).await;
}

/// `gather` from tables of every format.
pub async fn assert_gather_takes_rows(device: &Device) {
    let mut numbers = Numbers::new(device);
    for (rows, width) in [(1, 1), (9, 5), (40, 64), (7, 300)] {
        let values = numbers.list(rows * width);
        let indices: Vec<usize> = (0..5).map(|index| index * 7 % rows).collect();
        let sum: Tensor<2> = numbers.tensor([5, width]);
        let sums = read(sum.clone()).await;
        for format in FORMATS {
            let table = Weight::new(values.clone(), [rows, width], Layout::OutIn, format, device);
            let rounded = Weight::rounded(&values, [rows, width], Layout::OutIn, format);
            let taken: Vec<f32> =
                indices.iter().flat_map(|&row| rounded[row * width..(row + 1) * width].to_vec()).collect();
            let what = format!("[{rows}, {width}] {format:?}");
            let indices = Indices::new(indices.clone(), device);
            assert_close(&what, "rows", &read(gather(&table, &indices, None)).await, &taken, 1e-6);
            let added: Vec<f32> = taken.iter().zip(&sums).map(|(a, b)| a + b).collect();
            assert_close(&what, "sums", &read(gather(&table, &indices, Some(&sum))).await, &added, 1e-6);
            for sum in [None, Some(&sum)] {
                let (got, twin) = (gather(&table, &indices, sum), gather_twin(&table, &indices, sum));
                assert_tensors_close(&what, got, twin).await;
            }
        }
    }
}

/// A [`Recording`] of kernels that follow one another, while others use the memory that they have left.
pub async fn assert_recorded_launches_read_what_is_there(device: &Device) {
    let mut numbers = Numbers::new(device);
    let table = Weight::new(numbers.list(20 * 8), [20, 8], Layout::OutIn, Format::F32, device);
    let (gamma, beta) = (numbers.tensor([8]), numbers.tensor([8]));
    let work = |indices: &Indices| {
        let norm = LayerNormCall { gamma: &gamma, beta: &beta, epsilon: 1e-5 };
        layer_norm(&layer_norm(&gather(&table, indices, None), norm), norm)
    };
    let mut indices = Indices::new(vec![3, 4], device);
    let (first, recording) = Recording::of([2, 8], device, || work(&indices));
    assert_tensors_close("the first time", first, work(&indices)).await;
    let Some(recording) = recording else {
        assert!(!on_gpu(device), "a GPU records");
        return;
    };
    for rows in [vec![0, 1], vec![19, 19], vec![7, 2]] {
        let others: Vec<Tensor<2>> = (0..50).map(|_| numbers.tensor([2, 8])).collect();
        indices.write(rows.clone());
        // SAFETY: everything is above.
        let replayed = unsafe { recording.replay() };
        assert_tensors_close(&format!("rows {rows:?}"), replayed, work(&indices)).await;
        assert!(read(Tensor::stack::<3>(others, 0)).await.iter().any(|number| *number != 0.0));
    }
}

/// Whether a device is no CPU.
pub fn on_gpu(device: &Device) -> bool {
    device != &Device::flex()
}

/// `copy` and `copy_into`, of numbers that arithmetic would lose or change.
pub async fn assert_copies_are_the_same_bits(device: &Device) {
    let mut numbers = Numbers::new(device);
    for shape in [[1, 1], [3, 5], [40, 70]] {
        let x = numbers.tensor(shape);
        let strange = [f32::from_bits(1), -0.0, f32::INFINITY, f32::from_bits(0x7fc0_1234)];
        let strange = Tensor::<1>::from_floats(strange, device).reshape([1, 4]);
        for x in [x, strange] {
            let bits = async |x: Tensor<2>| read(x).await.into_iter().map(f32::to_bits).collect::<Vec<_>>();
            let expected = bits(x.clone()).await;
            let mut y = copy(&x);
            assert_eq!(bits(y.clone()).await, expected);
            let (zeros, alias) = (Tensor::zeros(x.dims(), device), y.clone());
            copy_into(&zeros, &mut y);
            let overwritten = if on_gpu(device) { bits(zeros.clone()).await } else { expected.clone() };
            assert_eq!(bits(y).await, bits(zeros).await);
            assert_eq!(bits(alias).await, overwritten, "on a GPU the memory is the same");
            assert_eq!(bits(x).await, expected, "the first tensor is left alone");
        }
    }
}

/// `layer_norm`, also of numbers far from zero.
pub async fn assert_layer_norm_is_its_twin(device: &Device) {
    let mut numbers = Numbers::new(device);
    // The last has more rows than a dispatch has workgroups in one dimension.
    for (rows, width, shift) in
        [(1, 1, 0.0), (2, 3, 0.0), (3, 64, 0.0), (1, 100, 50.0), (5, 259, -3.0), (65_537, 4, 0.0)]
    {
        let x = numbers.tensor([rows, width]).add_scalar(shift);
        let (gamma, beta) = (numbers.tensor([width]), numbers.tensor([width]));
        let call = LayerNormCall { gamma: &gamma, beta: &beta, epsilon: 1e-5 };
        let (got, twin) = (layer_norm(&x, call), layer_norm_twin(&x, call));
        assert_tensors_close(&format!("[{rows}, {width}]"), got, twin).await;
    }
}

/// `attention`, all at once and token by token, and after rows were chosen.
pub async fn assert_attention_is_its_twin(device: &Device) {
    let mut numbers = Numbers::new(device);
    for [rows, n_head, length, head_size] in
        [[1, 1, 1, 1], [1, 3, 5, 7], [2, 2, 3, 64], [1, 2, 130, 16], [3, 1, 4, 100]]
    {
        let width = n_head * head_size;
        let what = format!("{rows} rows, {n_head} heads of {head_size}, {length} tokens");
        let scale = 0.5;
        let qkv: Tensor<2> = numbers.tensor([rows * length, 3 * width]);
        let empty = || KeyValues::new(rows, n_head, length + 2, head_size, device);
        let mut cache = empty();
        let positions = Indices::new((0..rows).flat_map(|_| 0..length).collect(), device);
        let call = AttentionCall { positions: &positions, scale };
        let got = attention(&qkv, &mut cache, call);
        assert_tensors_close(&what, got, attention_twin(&qkv, &mut empty(), call)).await;
        if rows == 1 {
            let probs = read(attention_probs(&qkv, n_head, scale)).await;
            for (index, row) in probs.chunks(length).enumerate() {
                let (seen, ahead) = row.split_at(index % length + 1);
                assert!((seen.iter().sum::<f32>() - 1.0).abs() < 1e-5, "{what}: a row is a distribution");
                assert!(ahead.iter().all(|prob| *prob == 0.0), "{what}: nothing looks ahead");
            }
        }

        // Two more tokens, one by one, of the rows the other way round.
        let turned: Vec<usize> = (0..rows).rev().collect();
        cache.select_rows(&turned);
        let mut twins_cache = empty();
        let turned_qkv = qkv.reshape([rows, length, 3 * width]).flip([0]).reshape([rows * length, 3 * width]);
        let _ = attention_twin(&turned_qkv, &mut twins_cache, call);
        for step in 0..2 {
            let qkv: Tensor<2> = numbers.tensor([rows, 3 * width]);
            let positions = Indices::new(vec![length + step; rows], device);
            let call = AttentionCall { positions: &positions, scale };
            let got = attention(&qkv, &mut cache, call);
            let twin = attention_twin(&qkv, &mut twins_cache, call);
            assert_tensors_close(&format!("{what}, then {}", step + 1), got, twin).await;
        }
    }
}

/// `cross_attention`, of as many queries as there are keys or not, with heads of every size.
pub async fn assert_cross_attention_is_its_twin(device: &Device) {
    let mut numbers = Numbers::new(device);
    for [rows, heads, query_count, key_count, head_size] in [
        [1, 1, 1, 1, 1],
        [2, 3, 5, 5, 7],
        [1, 2, 33, 31, 3],
        [2, 1, 3, 130, 4],
        [1, 4, 64, 64, 8],
        [3, 2, 70, 9, 32],
        [2, 2, 131, 259, 40],
        [1, 2, 17, 77, 64],
        [1, 3, 65, 129, 80],
        [1, 1, 16, 77, 100],
        [2, 1, 9, 64, 160],
        [1, 1, 3, 4096, 40],
        [1, 1, 37, 41, 512],
        [2, 1, 3, 5, 1300],
    ] {
        let width = heads * head_size;
        let queries = numbers.tensor([rows * query_count, width]);
        let (keys, values) =
            (numbers.tensor([rows * key_count, width]), numbers.tensor([rows * key_count, width]));
        let got = cross_attention(&queries, &keys, &values, rows, heads);
        let twin = cross_attention_twin(&queries, &keys, &values, rows, heads);
        let what =
            format!("{rows} rows, {heads} heads of {head_size}, {query_count} queries, {key_count} keys");
        assert_tensors_close(&what, got, twin).await;
        let probs = cross_attention_probs(&queries, &keys, rows, heads);
        assert_tensors_close(&what, probs, cross_attention_probs_twin(&queries, &keys, rows, heads)).await;
    }
}

/// The numbers of a convolution's kernels `[outputs, inputs, size, size]` as they are once they were packed and unpacked: 32
/// neighbouring channels at one position of a kernel share a scale.
pub fn rounded_kernels(values: &[f32], shape: [usize; 4], format: Format) -> Vec<f32> {
    let [outputs, inputs, height, width] = shape;
    let positions = height * width;
    let as_they_came =
        |output: usize, position: usize, input: usize| (output * inputs + input) * positions + position;
    let indices = (0..outputs).flat_map(|output| {
        (0..positions)
            .flat_map(move |position| (0..inputs).map(move |input| as_they_came(output, position, input)))
    });
    let indices: Vec<usize> = indices.collect();
    let matrix: Vec<f32> = indices.iter().map(|&index| values[index]).collect();
    let rounded = Weight::rounded(&matrix, [outputs, positions * inputs], Layout::OutIn, format);
    let mut kernels = vec![0.0; values.len()];
    for (index, value) in indices.into_iter().zip(rounded) {
        kernels[index] = value;
    }
    kernels
}

/// `conv2d`, with kernels of every size, padding, stride and format, with and without what is added.
pub async fn assert_conv2d_is_its_twin(device: &Device) {
    let mut numbers = Numbers::new(device);
    let same = |size: usize| ConvGeometry { stride: 1, padding: (size / 2, size / 2), doubled: false };
    let calls = [
        ([1, 1, 1, 1], [1, 1], same(1)),
        ([1, 1, 4, 4], [5, 3], same(3)),
        ([2, 9, 8, 8], [12, 3], same(3)),
        ([1, 16, 5, 7], [6, 3], same(3)),
        ([2, 8, 1, 1], [3, 3], same(3)),
        ([2, 8, 16, 16], [5, 3], same(3)),
        ([1, 33, 17, 22], [10, 3], same(3)),
        ([1, 20, 10, 9], [4, 3], ConvGeometry { doubled: true, ..same(3) }),
        ([1, 3, 2, 8], [4, 3], ConvGeometry { doubled: true, ..same(3) }),
        ([2, 4, 3, 16], [4, 1], same(1)),
        ([1, 12, 18, 33], [4, 3], same(3)),
        ([3, 10, 6, 4], [8, 3], ConvGeometry { doubled: true, ..same(3) }),
        ([1, 3, 5, 3], [7, 3], ConvGeometry { doubled: true, ..same(3) }),
        ([1, 8, 9, 11], [8, 3], ConvGeometry { stride: 2, ..same(3) }),
        ([2, 4, 8, 6], [5, 3], ConvGeometry { stride: 2, padding: (0, 1), doubled: false }),
        ([1, 5, 7, 10], [9, 5], same(5)),
        ([2, 20, 3, 9], [16, 1], same(1)),
        ([2, 70, 6, 6], [9, 3], same(3)),
        ([1, 36, 16, 20], [130, 3], same(3)),
        // Enough for a GPU's small tiles, and the last two for its large ones.
        ([3, 6, 40, 42], [70, 3], ConvGeometry { stride: 2, ..same(3) }),
        ([1, 20, 33, 31], [36, 3], same(3)),
        ([2, 5, 16, 18], [40, 3], ConvGeometry { doubled: true, ..same(3) }),
        ([2, 4, 64, 66], [34, 3], ConvGeometry { stride: 2, padding: (0, 1), doubled: false }),
        ([1, 3, 33, 32], [34, 5], same(5)),
        ([1, 40, 32, 33], [33, 1], same(1)),
        ([2, 5, 40, 41], [130, 3], same(3)),
        ([1, 33, 64, 65], [128, 1], same(1)),
        // So many inputs that tiles are divided: small ones, and large ones.
        ([1, 72, 15, 18], [270, 3], same(3)),
        ([2, 70, 16, 17], [258, 3], same(3)),
        // Bands of tiles that end inside one, and rows of more tiles than are computed at a time.
        ([2, 9, 70, 61], [6, 3], same(3)),
        ([1, 8, 17, 300], [5, 3], same(3)),
        ([1, 8, 9, 270], [5, 3], same(3)),
        ([1, 10, 39, 21], [4, 3], ConvGeometry { doubled: true, ..same(3) }),
        ([1, 130, 9, 11], [13, 3], ConvGeometry { stride: 2, ..same(3) }),
    ];
    for (index, (shape, [outputs, size], geometry)) in calls.into_iter().enumerate() {
        let x = numbers.tensor(shape);
        // As large as in a network that was trained.
        #[allow(clippy::cast_precision_loss)]
        let scale = 1.0 / ((shape[1] * size * size) as f64).sqrt();
        let kernels_shape = [outputs, shape[1], size, size];
        #[allow(clippy::cast_possible_truncation)]
        let values: Vec<f32> =
            numbers.list(kernels_shape.iter().product()).iter().map(|number| number * scale as f32).collect();
        let bias = numbers.tensor([outputs]);
        // A browser compiles shaders for each call of kernel and twin, and takes a second or more for them.
        let is_packed_too = cfg!(not(target_arch = "wasm32")) || index % 4 == 0 || shape[1] > 32;
        for format in FORMATS.into_iter().take(if is_packed_too { 3 } else { 1 }) {
            let kernels = ConvKernels::new(&values, kernels_shape, format, device);
            assert_eq!((kernels.inputs(), kernels.outputs(), kernels.format()), (shape[1], outputs, format));
            let what = format!("{shape:?} by {outputs} of {size}, {geometry:?}, {format:?}");
            let rounded = TensorData::new(rounded_kernels(&values, kernels_shape, format), kernels_shape);
            assert_tensors_close(&what, kernels.to_tensor(), Tensor::from_data(rounded, device)).await;
            let weight = ConvWeight::new(kernels, geometry);
            let [height, width] = weight.output_size([shape[2], shape[3]]);
            let epilogue = Epilogue {
                per_channel: index.is_multiple_of(2).then(|| numbers.tensor([shape[0], outputs])),
                residual: (!index.is_multiple_of(3))
                    .then(|| numbers.tensor([shape[0], outputs, height, width])),
            };
            let got = conv2d(&x, &weight, &bias, &epilogue);
            assert_eq!(got.dims(), [shape[0], outputs, height, width]);
            assert_tensors_close(&what, got, conv2d_twin(&x, &weight, &bias, &epilogue)).await;
        }
    }
}

/// `geglu`, of rows that begin at a multiple of four numbers or not, and of numbers whose GELU is nothing or all.
pub async fn assert_geglu_is_its_twin(device: &Device) {
    let mut numbers = Numbers::new(device);
    for (rows, width) in [(1, 1), (3, 4), (2, 7), (5, 10), (70, 132)] {
        let x = numbers.tensor([rows, 2 * width]).mul_scalar(4.0);
        assert_eq!(geglu(&x).dims(), [rows, width]);
        assert_tensors_close(&format!("[{rows}, 2 · {width}]"), geglu(&x), geglu_twin(&x)).await;
    }
}

/// `activation_gradient` for every activation that it knows.
pub async fn assert_activation_gradient_is_its_twin(device: &Device) {
    let mut numbers = Numbers::new(device);
    let known = [
        Activation::Identity,
        Activation::Relu,
        Activation::LeakyRelu(0.2),
        Activation::LeakyRelu(0.0),
        Activation::Tanh,
        Activation::Sigmoid,
    ];
    for (rows, width) in [(1, 1), (3, 5), (64, 130)] {
        for activation in known {
            let y = hearth::kernels::activate(numbers.tensor([rows, width]).mul_scalar(4.0), activation);
            let gradient = numbers.tensor([rows, width]);
            let result = activation_gradient(&y, gradient.clone(), activation);
            let twin = activation_gradient_twin(&y, gradient, activation);
            assert_tensors_close(&format!("{activation:?} of [{rows}, {width}]"), result, twin).await;
        }
    }
}

/// Some steps of `adam` in a row.
pub async fn assert_adam_is_its_twin(device: &Device) {
    let mut numbers = Numbers::new(device);
    for (rows, width) in [(1, 1), (1, 6), (7, 9), (130, 64)] {
        let zeros = || Tensor::<2>::zeros([rows, width], device);
        let mut value = numbers.tensor([rows, width]);
        let mut twin_value = hearth::kernels::copy(&value);
        let (mut moments, mut twin_moments) = ([zeros(), zeros()], [zeros(), zeros()]);
        for number in 1..=4 {
            let gradient = numbers.tensor([rows, width]);
            let step = AdamStep { learning_rate: 0.01, betas: [0.9, 0.99], epsilon: 1e-8, number };
            adam(&mut value, &gradient, &mut moments, &step);
            adam_twin(&mut twin_value, &gradient, &mut twin_moments, &step);
        }
        let what = format!("[{rows}, {width}]");
        assert_tensors_close(&what, value, twin_value).await;
        for (moment, twin) in moments.into_iter().zip(twin_moments) {
            assert_tensors_close(&what, moment, twin).await;
        }
    }
}

/// `group_norm`, also of numbers far from zero.
pub async fn assert_group_norm_is_its_twin(device: &Device) {
    let mut numbers = Numbers::new(device);
    let calls = [
        ([1, 1, 1, 2], 1, 0.0, Activation::Identity),
        ([2, 6, 3, 5], 3, 0.0, Activation::Silu),
        ([1, 32, 8, 8], 8, 20.0, Activation::Silu),
        ([3, 4, 1, 7], 4, -3.0, Activation::GeluTanh),
        ([1, 2, 8192, 1], 2, 0.0, Activation::Silu),
        ([2, 6, 75, 67], 3, 5.0, Activation::Identity),
        ([1, 4, 64, 130], 2, -3.0, Activation::LeakyRelu(0.1)),
        // No more, because on WebGPU the twin adds all of them up in one f32: of a million its mean is off by 1e-4.
        ([1, 2, 130, 151], 1, 0.0, Activation::Silu),
    ];
    for (shape, groups, shift, activation) in calls {
        let x = numbers.tensor(shape).add_scalar(shift);
        let (gamma, beta) = (&numbers.tensor([shape[1]]), &numbers.tensor([shape[1]]));
        let call = GroupNormCall { gamma, beta, groups, epsilon: 1e-5, activation };
        let what = format!("{shape:?} in {groups} groups, {activation:?}");
        assert_tensors_close(&what, group_norm(&x, &call), group_norm_twin(&x, &call)).await;
    }
}

/// `group_moments`, also of numbers far from zero.
pub async fn assert_group_moments_are_their_twin(device: &Device) {
    let mut numbers = Numbers::new(device);
    for (shape, groups, shift) in
        [([1, 1, 1, 2], 1, 0.0), ([2, 6, 3, 5], 3, 1.0), ([1, 32, 8, 8], 8, 20.0), ([3, 4, 1, 7], 4, -3.0)]
    {
        let x: Tensor<4> = numbers.tensor(shape).add_scalar(shift);
        let (moments, twins) = (group_moments(&x, groups), group_moments_twin(&x, groups));
        for (name, moment, twin) in [("means", &moments[0], &twins[0]), ("variances", &moments[1], &twins[1])]
        {
            let what = format!("{name} of {shape:?} in {groups} groups");
            assert_tensors_close(&what, moment.clone(), twin.clone()).await;
        }
    }
}
