//! Real images.

use exr::image::FlatSamples;
use exr::prelude::{ReadChannels, ReadLayers, read};
use ndpress::image::Channel;
use ndpress::{Element, Image, Options};

const CRYPTOMATTE: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/examples/data/tiled_cryptomatte.exr");

/// A tiled render of 45 channels.
#[test]
fn cryptomatte() {
    let file = read().no_deep_data().largest_resolution_level().all_channels();
    let file = file.first_valid_layer().all_attributes().from_file(CRYPTOMATTE).unwrap();
    let size = file.layer_data.size;
    let mut image = Image::new([size.height(), size.width()]);
    let channels = file.layer_data.channel_data.list;
    for channel in &channels {
        let FlatSamples::F32(pixels) = &channel.sample_data else { panic!("not f32") };
        let shape = [size.height(), size.width()];
        let compressed = Channel::from_slice(pixels, shape, &Options::default()).unwrap();
        image.push(channel.name.to_string(), compressed).unwrap();
    }
    assert_eq!((image.nchannels(), image.height(), image.width()), (45, 180, 320));
    assert!(image.ratio() > 50.0);

    let interleaved = image.to_interleaved::<f32>().unwrap();
    for (lane, channel) in channels.iter().enumerate() {
        let FlatSamples::F32(pixels) = &channel.sample_data else { panic!("not f32") };
        let name = channel.name.to_string();
        assert!(same(&image.channel::<f32>(&name).unwrap().to_vec().unwrap(), pixels));
        let lane: Vec<f32> = interleaved.iter().skip(lane).step_by(45).copied().collect();
        assert!(same(&lane, pixels), "{name}");
    }
    let again = Image::from_interleaved(&interleaved, [180, 320, 45], &Options::default());
    let again = again.unwrap().with_names(image.names()).unwrap();
    assert!(again.content_eq(&image).unwrap());
}

/// Bit for bit: hashes that happen to be NaN are kept too.
fn same<T: Element>(a: &[T], b: &[T]) -> bool {
    bytemuck::cast_slice::<T, u8>(a) == bytemuck::cast_slice::<T, u8>(b)
}
