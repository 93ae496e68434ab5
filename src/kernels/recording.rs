//! Launches that are recorded once and made again and again. Around a launch, looking up its pipeline and binding its
//! buffers take a GPU's caller longer than many a kernel takes the GPU.

use burn::tensor::{Device, Tensor};

/// The launches that computed a tensor.
#[derive(Debug)]
pub struct Recording<const D: usize> {
    #[cfg(gpu)]
    graph: cubecl::client::Graph,
    result: Tensor<D>,
}

impl<const D: usize> Recording<D> {
    /// What `work` gives, which has this `shape`, and a recording of its launches where `device` is a GPU. It is called a
    /// second time for that, when nothing is computed, and must launch the same kernels on the same tensors, and upload
    /// nothing.
    #[cfg_attr(not(gpu), allow(unused_variables))]
    pub fn of(
        shape: [usize; D],
        device: &Device,
        mut work: impl FnMut() -> Tensor<D> + Send,
    ) -> (Tensor<D>, Option<Self>) {
        #[cfg(gpu)]
        if let Ok(tensor) = Tensor::<1>::empty([1], device).try_into_primitive::<burn::backend::Wgpu>()
            && tensor.client.graph_prepare().is_ok()
        {
            let client = tensor.client;
            // No memory can be added while launches are recorded. In this pool each size has its own, so that there is as much
            // of it as the first time took, and room for the result besides, which is still there the second time.
            let (first, room) = client.memory_persistent_allocation((), |()| {
                let room = super::gpu::room(&client, shape);
                (work(), room)
            });
            drop(room);
            if client.start_capture().is_err() {
                return (first, None);
            }
            let result = client.memory_persistent_allocation((), |()| work());
            let graph = client.stop_capture().ok();
            return (first, graph.map(|graph| Self { graph, result }));
        }
        (work(), None)
    }

    /// What the launches give now; it is overwritten the next time.
    ///
    /// # Safety
    /// All tensors that they read must still be there.
    pub unsafe fn replay(&self) -> Tensor<D> {
        // Where this fails, so does reading the result.
        #[cfg(gpu)]
        let _ = unsafe { self.graph.replay() };
        self.result.clone()
    }
}
