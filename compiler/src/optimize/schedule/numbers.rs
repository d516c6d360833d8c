//! Numbers of a block's values, so that what is known of them is in arrays as long as the block.

use cranelift_codegen::ir::Value;
use cranelift_entity::SecondaryMap;

/// Number of a value in a block.
pub type ValueNumber = usize;

/// The numbers of a block's values. It is used again for the next block.
#[derive(Default)]
pub struct Numbers {
    of_values: SecondaryMap<Value, Option<u32>>,
    values: Vec<Value>,
}

impl Numbers {
    /// Returns the number of a value, if it has one.
    pub fn get(&self, value: Value) -> Option<ValueNumber> {
        self.of_values[value].map(|number| number as ValueNumber)
    }

    /// Returns the number of a value, which gets the next if it has none.
    pub fn add(&mut self, value: Value) -> ValueNumber {
        let next = self.values.len() as u32;
        let number = *self.of_values[value].get_or_insert_with(|| {
            self.values.push(value);
            next
        });
        number as ValueNumber
    }

    /// Returns the values in the order of their numbers.
    pub fn values(&self) -> &[Value] {
        &self.values
    }

    /// Forgets all numbers.
    pub fn clear(&mut self) {
        self.values.drain(..).for_each(|value| self.of_values[value] = None);
    }
}
